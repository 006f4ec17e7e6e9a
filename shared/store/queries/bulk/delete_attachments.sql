-- As delete.sql, for the documents attached to some mails, which are deleted already. $1 customer, $2 the mails
UPDATE documents
SET deleted_at = now(), lease_token = lease_token + 1, resend_at = now() + interval '14 minutes',
    upload_expires_at = NULL,
    status = CASE WHEN status = 'awaiting_upload' THEN 'queued' ELSE status END
WHERE customer_id = $1 AND attached_to = ANY ($2) AND deleted_at IS NULL
RETURNING id, attached_to
