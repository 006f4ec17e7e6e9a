-- Gives a document back to the queue; it comes again after a wait.
-- $1 customer, $2 id, $3 fencing token, $4 wait in seconds
UPDATE documents
SET status = 'queued', stage = NULL, lease_expires_at = NULL,
    resend_at = now() + make_interval(secs => $4) + interval '1 minute'
WHERE customer_id = $1 AND id = $2 AND lease_token = $3 AND status = 'processing' AND deleted_at IS NULL
RETURNING id
