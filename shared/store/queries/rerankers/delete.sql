-- $1 customer
DELETE FROM rerankers WHERE customer_id = $1 RETURNING customer_id
