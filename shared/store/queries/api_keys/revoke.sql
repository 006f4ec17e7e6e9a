-- $1 customer, $2 id
UPDATE api_keys SET revoked_at = now()
WHERE customer_id = $1 AND id = $2 AND revoked_at IS NULL
RETURNING id
