-- Removes the rows of deleted documents, as the last step. $1 customer, $2 ids
DELETE FROM documents WHERE customer_id = $1 AND id = ANY ($2) AND purge_at IS NULL AND deleted_at IS NOT NULL
