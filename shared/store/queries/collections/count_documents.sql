-- $1 customer, $2 collection
SELECT count(*) AS documents FROM documents WHERE customer_id = $1 AND collection_id = $2 AND deleted_at IS NULL
