-- The last trace of a deleted document. $1 customer, $2 id
DELETE FROM documents WHERE customer_id = $1 AND id = $2 AND deleted_at IS NOT NULL
