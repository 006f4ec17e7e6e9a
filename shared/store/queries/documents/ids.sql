-- $1 customer
SELECT id FROM documents WHERE customer_id = $1 AND deleted_at IS NULL
