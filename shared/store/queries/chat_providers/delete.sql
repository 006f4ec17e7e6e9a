-- $1 customer, $2 name
DELETE FROM chat_providers WHERE customer_id = $1 AND name = $2 RETURNING name
