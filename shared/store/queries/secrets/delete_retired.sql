-- $1 customer, $2 purpose
DELETE FROM customer_secrets WHERE customer_id = $1 AND purpose = $2 AND retires_at <= now() - interval '1 day'
