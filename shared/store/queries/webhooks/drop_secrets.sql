-- $1 customer, $2 versions
DELETE FROM customer_secrets WHERE customer_id = $1 AND purpose = 'webhook' AND version = ANY ($2)
