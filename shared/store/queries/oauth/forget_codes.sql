-- $1 customer, $2 user; null: of all users
DELETE FROM oauth_codes WHERE customer_id = $1 AND ($2::uuid IS NULL OR user_id = $2)
