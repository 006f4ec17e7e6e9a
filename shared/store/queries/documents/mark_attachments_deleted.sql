-- Like mark_deleted.sql, for the attachments of an email except those in $3.
-- $1 customer, $2 the email, $3 ids that stay, $4 whether permanently, $5 whether only those in the email's own
-- collection
UPDATE documents d
SET deleted_at = coalesce(deleted_at, now()), lease_token = lease_token + 1, upload_expires_at = NULL,
    purge_at = CASE WHEN status <> 'awaiting_upload' THEN purge_time($1, $4) END,
    resend_at = coalesce(CASE WHEN status <> 'awaiting_upload' THEN purge_time($1, $4) END, now() + interval '2 minutes'),
    status = CASE WHEN status = 'awaiting_upload' THEN 'queued' ELSE status END
WHERE customer_id = $1 AND attached_to = $2 AND id <> ALL ($3) AND (deleted_at IS NULL OR $4 AND purge_at IS NOT NULL)
  AND (NOT $5::boolean OR collection_id IS NOT DISTINCT FROM (
      SELECT m.collection_id FROM documents m WHERE m.customer_id = $1 AND m.id = $2))
RETURNING id, purge_at
