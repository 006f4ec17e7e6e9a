-- $1 customer, $2 document, $3 version
SELECT v.published_at
FROM document_versions v
JOIN documents d ON (d.customer_id, d.id) = (v.customer_id, v.document_id)
WHERE v.customer_id = $1 AND v.document_id = $2 AND v.version = $3 AND d.deleted_at IS NULL AND v.retired_at IS NULL
