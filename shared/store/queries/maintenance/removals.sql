-- What is being removed: documents, and versions of others. $1 customer
SELECT id AS document_id, NULL::integer AS version FROM documents
WHERE customer_id = $1 AND deleted_at IS NOT NULL AND purge_at IS NULL
UNION ALL
SELECT document_id, version FROM document_versions WHERE customer_id = $1 AND retired_at IS NOT NULL
