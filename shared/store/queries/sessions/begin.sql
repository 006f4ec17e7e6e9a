-- $1 customer, $2 session, $3 user, $4 expiry
WITH login AS (
    UPDATE users SET last_login_at = now() WHERE customer_id = $1 AND id = $3
)
INSERT INTO sessions (customer_id, id, user_id, expires_at) VALUES ($1, $2, $3, $4)
