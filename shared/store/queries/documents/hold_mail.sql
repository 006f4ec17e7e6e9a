-- Keeps a mail from being deleted until the end of the transaction. No row: it was. $1 customer, $2 id
SELECT id FROM documents WHERE customer_id = $1 AND id = $2 AND deleted_at IS NULL FOR SHARE
