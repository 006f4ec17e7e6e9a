-- Hides a document at once and fences off whoever works on it. $1 customer, $2 id
UPDATE documents
SET deleted_at = now(), lease_token = lease_token + 1, resend_at = now() + interval '2 minutes',
    upload_expires_at = NULL,
    status = CASE WHEN status = 'awaiting_upload' THEN 'queued' ELSE status END
WHERE customer_id = $1 AND id = $2 AND deleted_at IS NULL
RETURNING id
