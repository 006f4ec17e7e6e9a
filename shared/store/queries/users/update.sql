-- $1 customer, $2 user, $3 role or null, $4 status or null
UPDATE users SET role = coalesce($3, role), status = coalesce($4, status)
WHERE customer_id = $1 AND id = $2
RETURNING id, email, role, status, email_verified_at, last_login_at, created_at
