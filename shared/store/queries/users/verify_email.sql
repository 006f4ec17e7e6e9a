-- $1 customer, $2 user
UPDATE users SET email_verified_at = coalesce(email_verified_at, now())
WHERE customer_id = $1 AND id = $2 AND status = 'active' RETURNING id
