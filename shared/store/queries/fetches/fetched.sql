-- The content is in the bucket: the document is to be read next. No row: the lease is lost.
-- $1 customer, $2 id, $3 fencing token, $4 bytes, $5 content hash, $6 format, $7 etag, $8 last modified,
-- $9 file name
WITH fetched AS (
    UPDATE documents
    SET status = 'queued', stage = NULL, lease_expires_at = NULL, attempts = 0,
        resend_at = now() + interval '10 minutes',
        file_name = coalesce($9, file_name)
    WHERE customer_id = $1 AND id = $2 AND lease_token = $3 AND status = 'processing' AND deleted_at IS NULL
    RETURNING customer_id, id, latest_version
)
UPDATE document_versions v
SET to_fetch = false, bytes = $4, content_hash = $5, format = $6, etag = $7, last_modified = $8
FROM fetched f
WHERE (v.customer_id, v.document_id, v.version) = (f.customer_id, f.id, f.latest_version)
RETURNING v.version
