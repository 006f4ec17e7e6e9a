-- Moves a document into a collection, or out of one. $1 customer, $2 id, $3 collection or null
UPDATE documents SET collection_id = $3 WHERE customer_id = $1 AND id = $2 AND deleted_at IS NULL
RETURNING status
