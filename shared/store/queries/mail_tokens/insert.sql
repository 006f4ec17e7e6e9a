-- An invitation has one link: a new one invalidates the earlier ones.
-- $1 customer, $2 token, $3 purpose, $4 user, $5 invitation, $6 hash, $7 hours until it expires
WITH ended AS (DELETE FROM mail_tokens WHERE customer_id = $1 AND invitation_id = $5)
INSERT INTO mail_tokens (customer_id, id, purpose, user_id, invitation_id, token_hash, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, now() + make_interval(hours => $7))
