-- $1 customer, $2 token id, $3 session, $4 user, $5 hash, $6 issued at, $7 expiry
INSERT INTO refresh_tokens (customer_id, id, session_id, user_id, token_hash, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
