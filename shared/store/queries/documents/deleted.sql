-- All deleted documents whose chunks may still be in the tables. $1 customer
SELECT id FROM documents WHERE customer_id = $1 AND deleted_at IS NOT NULL
