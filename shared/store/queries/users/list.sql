-- Users and invitations. $1 customer, $2 and $3 position, $4 limit
SELECT id, email, role, status, email_verified_at, last_login_at, created_at
FROM users
WHERE customer_id = $1 AND ($2::timestamptz IS NULL OR (created_at, id) < ($2, $3))
UNION ALL
SELECT id, email, role, 'invited', NULL, NULL, created_at
FROM invitations
WHERE customer_id = $1 AND expires_at > now() AND ($2::timestamptz IS NULL OR (created_at, id) < ($2, $3))
ORDER BY created_at DESC, id DESC LIMIT $4
