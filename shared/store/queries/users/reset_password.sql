-- Access to the mailbox proves ownership of the address. $1 customer, $2 user, $3 password hash
UPDATE users SET password_hash = $3, email_verified_at = coalesce(email_verified_at, now())
WHERE customer_id = $1 AND id = $2 AND status = 'active'
RETURNING email
