-- Not waiting for a store step, which makes it due itself if need be. $1 customer
UPDATE index_versions SET maintenance_at = maintenance_soon(maintenance_at)
WHERE customer_id = $1 AND table_name = 'chunks'
  AND EXISTS (SELECT FROM index_versions WHERE customer_id = $1 AND table_name = 'chunks' FOR UPDATE SKIP LOCKED)
