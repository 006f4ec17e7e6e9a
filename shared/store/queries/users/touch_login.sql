-- $1 customer, $2 user
UPDATE users SET last_login_at = now() WHERE customer_id = $1 AND id = $2
