-- $1 customer, $2 user
SELECT id, email, role, status, email_verified_at, last_login_at, created_at
FROM users WHERE customer_id = $1 AND id = $2
