-- $1 customer
SELECT i.lance_version, i.segments, c.embedding_model AS configured_model
FROM index_versions i JOIN customer_config c ON c.customer_id = i.customer_id
WHERE i.customer_id = $1 AND i.table_name = 'chunks'
