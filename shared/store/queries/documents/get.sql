-- $1 customer, $2 id
SELECT d.id, d.title, d.source, d.external_id, d.file_name, d.source_url, d.metadata, d.collection_id, d.include_hidden, d.attachments, d.attached_to, d.status, d.stage, d.code, d.http_status,
       d.latest_version, d.published_version, d.attempts, d.created_at, d.updated_at, d.completed_at, d.deleted_at, d.purge_at,
       v.format, v.bytes, v.content_hash, v.pages, v.characters, v.chunks, v.tokens, v.embedding_model,
       v.properties, v.warnings
FROM documents d
JOIN document_versions v ON (v.customer_id, v.document_id, v.version)
    = (d.customer_id, d.id, coalesce(d.published_version, d.latest_version))
WHERE d.customer_id = $1 AND d.id = $2 AND d.deleted_at IS NULL
