-- $1 customer, $2 ids
DELETE FROM outbox WHERE customer_id = $1 AND id = ANY ($2)
