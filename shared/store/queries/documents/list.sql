-- $1 customer, $2 status or null, $3 created before (with $4), $4 id before, $5 limit, $6 collection or null
SELECT d.id, d.title, d.source, d.external_id, d.file_name, d.source_url, d.metadata, d.collection_id, d.include_hidden, d.attachments, d.attached_to, d.status, d.stage, d.code, d.http_status,
       d.latest_version, d.published_version, d.attempts, d.created_at, d.updated_at, d.completed_at,
       v.format, v.bytes, v.content_hash, v.pages, v.characters, v.chunks, v.tokens, v.embedding_model,
       v.properties, v.warnings
FROM documents d
JOIN document_versions v ON (v.customer_id, v.document_id, v.version)
    = (d.customer_id, d.id, coalesce(d.published_version, d.latest_version))
WHERE d.customer_id = $1 AND d.deleted_at IS NULL
  AND ($2::text IS NULL OR d.status = $2)
  AND ($6::uuid IS NULL OR d.collection_id = $6)
  AND ($3::timestamptz IS NULL OR (d.created_at, d.id) < ($3, $4))
ORDER BY d.created_at DESC, d.id DESC
LIMIT $5
