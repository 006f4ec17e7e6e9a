-- Releases a document; `sweep` sends it again after a wait.
-- $1 customer, $2 id, $3 fencing token, $4 wait in seconds, $5 whether it counts as an attempt
UPDATE documents
SET status = 'queued', stage = NULL, lease_expires_at = NULL,
    resend_at = now() + make_interval(secs => $4),
    -- A wait that the provider demands is no failed attempt.
    attempts = attempts - CASE WHEN $5 THEN 0 ELSE 1 END
WHERE customer_id = $1 AND id = $2 AND lease_token = $3 AND status = 'processing' AND deleted_at IS NULL
RETURNING id
