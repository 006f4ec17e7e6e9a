-- $1 customer, $2 user
UPDATE users SET platform_admin = true WHERE customer_id = $1 AND id = $2
