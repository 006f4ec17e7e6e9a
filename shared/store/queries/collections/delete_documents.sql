-- Like documents/mark_deleted.sql, for all documents of a collection. Their jobs are many: sweep gives them longer.
-- $1 customer, $2 collection, $3 whether permanently
UPDATE documents
SET deleted_at = coalesce(deleted_at, now()), lease_token = lease_token + 1, upload_expires_at = NULL, collection_id = NULL,
    purge_at = CASE WHEN status <> 'awaiting_upload' THEN purge_time($1, $3) END,
    resend_at = coalesce(CASE WHEN status <> 'awaiting_upload' THEN purge_time($1, $3) END, now() + interval '14 minutes'),
    status = CASE WHEN status = 'awaiting_upload' THEN 'queued' ELSE status END
WHERE customer_id = $1 AND collection_id = $2 AND (deleted_at IS NULL OR $3 AND purge_at IS NOT NULL)
RETURNING id, purge_at
