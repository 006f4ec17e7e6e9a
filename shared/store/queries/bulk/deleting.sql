-- $1 customer
SELECT count(*) AS documents FROM documents WHERE customer_id = $1 AND deleted_at IS NOT NULL AND purge_at IS NULL
