-- $1 customer, $2 ticket, $3 SHA-256 of its secret, $4 session of a user, $5 API key, $6 seconds for which it is valid
INSERT INTO connection_tickets (customer_id, id, secret_hash, session_id, api_key_id, expires_at)
VALUES ($1, $2, $3, $4, $5, now() + make_interval(secs => $6))
RETURNING expires_at
