-- $1 customer, $2 id
SELECT id FROM documents WHERE customer_id = $1 AND id = $2 AND deleted_at IS NOT NULL FOR UPDATE
