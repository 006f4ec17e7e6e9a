-- Renews a lease and says what is being done. No row: the lease is lost.
-- $1 customer, $2 id, $3 fencing token, $4 lease in seconds, $5 stage or null for the same as before
UPDATE documents
SET stage = coalesce($5, stage),
    lease_expires_at = now() + make_interval(secs => $4),
    resend_at = now() + make_interval(secs => $4)
WHERE customer_id = $1 AND id = $2 AND lease_token = $3 AND status = 'processing' AND deleted_at IS NULL
RETURNING id
