-- $1 customer, $2 purpose, $3 version, $4 nonce, $5 ciphertext
INSERT INTO customer_secrets (customer_id, purpose, version, nonce, ciphertext) VALUES ($1, $2, $3, $4, $5)
