-- The user of a code, locked before the code: others change a user first, and then its codes. $1 customer, $2 code, $3 hash
SELECT u.id
FROM users u
WHERE u.customer_id = $1
  AND u.id = (SELECT user_id FROM oauth_codes WHERE customer_id = $1 AND id = $2 AND secret_hash = $3)
FOR NO KEY UPDATE
