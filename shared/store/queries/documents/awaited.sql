-- The version and object of an expected upload. $1 customer, $2 id
SELECT d.latest_version, v.object_id
FROM documents d
JOIN document_versions v ON (v.customer_id, v.document_id, v.version) = (d.customer_id, d.id, d.latest_version)
WHERE d.customer_id = $1 AND d.id = $2 AND d.status = 'awaiting_upload' AND d.deleted_at IS NULL
