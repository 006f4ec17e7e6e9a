-- As documents/mark_deleted.sql, for many. Their jobs are many: sweep gives them longer. $1 customer, $2 ids
UPDATE documents
SET deleted_at = now(), lease_token = lease_token + 1, resend_at = now() + interval '14 minutes',
    upload_expires_at = NULL,
    status = CASE WHEN status = 'awaiting_upload' THEN 'queued' ELSE status END
WHERE customer_id = $1 AND id = ANY ($2) AND deleted_at IS NULL
RETURNING id
