-- $1 customer, $2 user
DELETE FROM users WHERE customer_id = $1 AND id = $2 RETURNING id
