-- Keys that were not revoked. $1 customer, $2 created before (with $3), $3 id before, $4 limit
SELECT id, name, public_id, scopes, is_default, requests_per_minute, expires_at, last_used_at, created_at
FROM api_keys
WHERE customer_id = $1 AND revoked_at IS NULL
  AND ($2::timestamptz IS NULL OR (created_at, id) < ($2, $3))
ORDER BY created_at DESC, id DESC
LIMIT $4
