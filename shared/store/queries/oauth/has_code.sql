-- $1 customer, $2 code, $3 hash
SELECT 1 AS found FROM oauth_codes WHERE customer_id = $1 AND id = $2 AND secret_hash = $3
