-- $1 customer, $2 user
UPDATE api_keys SET revoked_at = now()
WHERE customer_id = $1 AND created_by = $2 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
RETURNING id, name
