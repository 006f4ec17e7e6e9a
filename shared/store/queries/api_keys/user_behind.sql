-- The user behind a user or key that makes keys. No row: it may not any more. $1 customer, $2 user or null,
-- $3 key or null
SELECT id AS user_id FROM users
WHERE customer_id = $1 AND id = $2 AND status = 'active' AND role = 'business'
UNION ALL
SELECT created_by FROM api_keys
WHERE customer_id = $1 AND id = $3 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
