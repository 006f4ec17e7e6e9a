-- $1 customer, $2 token id, $3 user, $4 family, $5 hash, $6 expiry
INSERT INTO refresh_tokens (customer_id, id, user_id, family_id, token_hash, expires_at)
VALUES ($1, $2, $3, $4, $5, $6)
