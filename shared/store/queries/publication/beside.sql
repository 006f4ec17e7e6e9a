-- The data that changes only under the lock. It is read by a separate statement: one that has waited for a row sees the
-- others as they were before. $1 customer
SELECT c.embedding_model AS configured_model,
       (SELECT b.lance_version FROM index_versions b WHERE b.customer_id = $1 AND b.table_name = 'building') AS building
FROM customer_config c WHERE c.customer_id = $1
