-- Like documents/lock_email.sql, for many. $1 customer, $2 ids
SELECT id FROM documents WHERE customer_id = $1 AND id = ANY ($2) AND deleted_at IS NULL ORDER BY id FOR SHARE
