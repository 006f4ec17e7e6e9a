-- $1 customer
UPDATE api_keys SET revoked_at = now()
WHERE customer_id = $1 AND is_default AND revoked_at IS NULL
RETURNING id, name, scopes, requests_per_minute
