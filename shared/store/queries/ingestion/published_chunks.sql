-- Chunks of all published documents except some. Documents that can be undeleted count: their chunks are stored. $1
-- customer, $2 ids of the excepted documents
SELECT coalesce(sum(v.chunks), 0)::bigint AS chunks
FROM documents d
JOIN document_versions v ON (v.customer_id, v.document_id, v.version) = (d.customer_id, d.id, d.published_version)
WHERE d.customer_id = $1 AND (d.deleted_at IS NULL OR d.purge_at IS NOT NULL) AND d.id <> ALL ($2)
