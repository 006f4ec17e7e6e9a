-- Hands a claimed document over to the slow lane, where its next attempt begins: this one does not count. No row: the
-- lease was lost. $1 customer, $2 id, $3 fencing token
UPDATE documents
SET status = 'queued', stage = NULL, lease_expires_at = NULL, slow = true, put_off_at = NULL, attempts = attempts - 1,
    resend_at = now() + interval '10 minutes'
WHERE customer_id = $1 AND id = $2 AND lease_token = $3 AND status = 'processing' AND deleted_at IS NULL
RETURNING lane
