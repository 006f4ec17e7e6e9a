-- Undeletes a document, and queues it if it was queued or being processed when it was deleted. $1 customer, $2 id
UPDATE documents
SET deleted_at = NULL, purge_at = NULL, lease_token = lease_token + 1, lane = 'single',
    status = CASE WHEN status = 'processing' THEN 'queued' ELSE status END, stage = NULL, lease_expires_at = NULL,
    put_off_at = NULL,
    attempts = CASE WHEN status IN ('queued', 'processing') THEN 0 ELSE attempts END,
    resend_at = CASE WHEN status IN ('queued', 'processing') THEN now() + interval '10 minutes' END
WHERE customer_id = $1 AND id = $2 AND purge_at IS NOT NULL
RETURNING id, status, latest_version AS version,
    (SELECT v.to_fetch FROM document_versions v
     WHERE (v.customer_id, v.document_id, v.version) = ($1, documents.id, documents.latest_version)) AS to_fetch
