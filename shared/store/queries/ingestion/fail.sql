-- Ends a version as failed. The published version stays.
-- $1 customer, $2 id, $3 fencing token, $4 status, $5 code, $6 HTTP status or null
WITH failed AS (
    UPDATE documents
    SET status = $4, code = $5, http_status = $6, stage = NULL, lease_expires_at = NULL, resend_at = NULL
    WHERE customer_id = $1 AND id = $2 AND lease_token = $3 AND status = 'processing' AND deleted_at IS NULL
    RETURNING customer_id, id, latest_version
)
UPDATE document_versions v SET status = 'failed'
FROM failed f
WHERE (v.customer_id, v.document_id, v.version) = (f.customer_id, f.id, f.latest_version)
RETURNING v.version
