-- Only if it was not changed meanwhile. $1 customer, $2 user, $3 the hash that was checked, $4 the new one
UPDATE users SET password_hash = $4
WHERE customer_id = $1 AND id = $2 AND status = 'active' AND password_hash = $3
RETURNING id
