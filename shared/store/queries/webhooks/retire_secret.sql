-- $1 customer, $2 version, $3 seconds for which it stays valid
UPDATE customer_secrets SET retires_at = now() + make_interval(secs => $3)
WHERE customer_id = $1 AND purpose = 'webhook' AND version = $2
