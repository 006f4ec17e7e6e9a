-- A presigned upload has arrived. $1 customer, $2 id, $3 bytes
WITH arrived AS (
    UPDATE documents
    SET status = 'queued', upload_expires_at = NULL, resend_at = now() + interval '10 minutes'
    WHERE customer_id = $1 AND id = $2 AND status = 'awaiting_upload' AND deleted_at IS NULL
    RETURNING customer_id, id, latest_version
)
UPDATE document_versions v SET bytes = $3
FROM arrived a
WHERE (v.customer_id, v.document_id, v.version) = (a.customer_id, a.id, a.latest_version)
RETURNING v.version
