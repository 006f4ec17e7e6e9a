-- Like documents/move.sql, for many. $1 customer, $2 ids, $3 collection or null
UPDATE documents SET collection_id = $3 WHERE customer_id = $1 AND id = ANY ($2) AND deleted_at IS NULL
RETURNING id
