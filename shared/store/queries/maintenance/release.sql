-- $1 customer
UPDATE index_versions SET maintenance_until = NULL WHERE customer_id = $1 AND table_name = 'chunks'
