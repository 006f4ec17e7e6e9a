-- Includes deleted documents that can be undeleted: their chunks stay in the table. $1 customer
SELECT v.document_id, v.version, coalesce(v.chunks, 0) AS chunks
FROM document_versions v JOIN documents d ON (d.customer_id, d.id) = (v.customer_id, v.document_id)
WHERE v.customer_id = $1 AND v.status = 'published' AND (d.deleted_at IS NULL OR d.purge_at IS NOT NULL)
ORDER BY v.document_id
