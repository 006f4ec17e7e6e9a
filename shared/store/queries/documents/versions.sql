-- Newest first. $1 customer, $2 document, $3 below this version (null: from the newest), $4 limit
SELECT v.version, v.status, v.format, v.bytes, v.content_hash, v.pages, v.characters, v.chunks, v.tokens,
       v.embedding_model, v.warnings, v.published_at, v.superseded_at, v.created_at
FROM document_versions v
JOIN documents d ON (d.customer_id, d.id) = (v.customer_id, v.document_id)
WHERE v.customer_id = $1 AND v.document_id = $2 AND d.deleted_at IS NULL AND v.retired_at IS NULL
  AND ($3::integer IS NULL OR v.version < $3)
ORDER BY v.version DESC
LIMIT $4
