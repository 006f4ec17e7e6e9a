-- $1 customer, $2 id
DELETE FROM outbox WHERE customer_id = $1 AND id = $2
