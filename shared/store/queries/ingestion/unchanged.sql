-- The content equals the published one's: the requested version is dropped, nothing else changes.
-- $1 customer, $2 id, $3 fencing token
WITH done AS (
    UPDATE documents
    SET status = 'completed', stage = NULL, lease_expires_at = NULL, resend_at = NULL, completed_at = now()
    WHERE customer_id = $1 AND id = $2 AND lease_token = $3 AND status = 'processing' AND deleted_at IS NULL
      AND published_version IS NOT NULL
    RETURNING customer_id, id, latest_version
)
UPDATE document_versions v SET status = 'superseded', superseded_at = now()
FROM done d
WHERE (v.customer_id, v.document_id, v.version) = (d.customer_id, d.id, d.latest_version)
RETURNING v.version
