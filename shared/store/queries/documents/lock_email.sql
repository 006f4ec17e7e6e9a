-- Keeps an email from being deleted until the end of the transaction. No row: it is deleted. $1 customer, $2 id
SELECT id FROM documents WHERE customer_id = $1 AND id = $2 AND deleted_at IS NULL FOR SHARE
