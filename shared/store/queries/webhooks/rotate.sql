-- The secret in use becomes the previous one. Returns the version that was previous before, which is no longer valid.
-- $1 customer, $2 id, $3 version of the new secret, $4 SHA-256 of the new token or null, $5 seconds
WITH old AS (SELECT previous_secret_version FROM webhooks WHERE customer_id = $1 AND id = $2)
UPDATE webhooks w
SET previous_secret_version = w.secret_version, secret_version = $3,
    previous_token_hash = w.token_hash, token_hash = $4, previous_until = now() + make_interval(secs => $5)
FROM old
WHERE w.customer_id = $1 AND w.id = $2
RETURNING old.previous_secret_version AS dropped, w.previous_secret_version AS retired
