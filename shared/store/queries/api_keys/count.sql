-- $1 customer
SELECT count(*) AS keys FROM api_keys
WHERE customer_id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
