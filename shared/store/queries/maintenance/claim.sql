-- $1 customer, $2 seconds
UPDATE index_versions SET maintenance_until = now() + make_interval(secs => $2)
WHERE customer_id = $1 AND table_name = 'chunks' AND (maintenance_until IS NULL OR maintenance_until <= now())
RETURNING customer_id
