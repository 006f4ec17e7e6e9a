-- The data that changes only under the lock. It is read by a separate statement: one that has waited for a row sees the
-- others as they were before. $1 customer
SELECT c.embedding_model AS configured_model, b.lance_version AS building, b.segments
FROM customer_config c LEFT JOIN index_versions b ON b.customer_id = c.customer_id AND b.table_name = 'building'
WHERE c.customer_id = $1
