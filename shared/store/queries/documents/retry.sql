-- Queues a failed document again. $1 customer, $2 id, $3 the code for which a retry is useless
UPDATE documents
SET status = 'queued', code = NULL, attempts = 0, lane = 'single', lease_token = lease_token + 1,
    resend_at = now() + interval '10 minutes'
WHERE customer_id = $1 AND id = $2 AND status IN ('failed', 'needs_action') AND code <> $3 AND deleted_at IS NULL
RETURNING latest_version,
    (SELECT v.to_fetch FROM document_versions v
     WHERE (v.customer_id, v.document_id, v.version) = ($1, $2, latest_version)) AS to_fetch,
    (SELECT v.format FROM document_versions v
     WHERE (v.customer_id, v.document_id, v.version) = ($1, $2, latest_version)) AS format
