-- Hides a document at once and fences off its worker. purge_at is null for a permanent deletion: on request, without
-- retention, or of an upload that never arrived. $1 customer, $2 id, $3 whether permanently, also if it is deleted
-- already
UPDATE documents
SET deleted_at = coalesce(deleted_at, now()), lease_token = lease_token + 1, upload_expires_at = NULL,
    purge_at = CASE WHEN status <> 'awaiting_upload' THEN purge_time($1, $3) END,
    resend_at = coalesce(CASE WHEN status <> 'awaiting_upload' THEN purge_time($1, $3) END, now() + interval '2 minutes'),
    status = CASE WHEN status = 'awaiting_upload' THEN 'queued' ELSE status END
WHERE customer_id = $1 AND id = $2 AND (deleted_at IS NULL OR $3 AND purge_at IS NOT NULL)
RETURNING id, purge_at
