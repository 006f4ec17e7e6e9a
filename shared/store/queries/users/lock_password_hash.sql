-- The password hash of an active user, which nobody changes meanwhile. $1 customer, $2 user
SELECT password_hash FROM users WHERE customer_id = $1 AND id = $2 AND status = 'active' FOR NO KEY UPDATE
