-- $1 customer, $2 purpose
DELETE FROM customer_secrets WHERE customer_id = $1 AND purpose = $2 RETURNING version
