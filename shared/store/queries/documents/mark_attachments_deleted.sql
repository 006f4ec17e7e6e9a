-- As mark_deleted.sql, for the attachments of a mail but those in $3. $1 customer, $2 the mail, $3 ids that stay
UPDATE documents
SET deleted_at = now(), lease_token = lease_token + 1, resend_at = now() + interval '2 minutes',
    upload_expires_at = NULL,
    status = CASE WHEN status = 'awaiting_upload' THEN 'queued' ELSE status END
WHERE customer_id = $1 AND attached_to = $2 AND id <> ALL ($3) AND deleted_at IS NULL
RETURNING id
