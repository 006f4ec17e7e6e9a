-- Like documents/retry.sql, for many. $1 customer, $2 ids, $3 the code for which a retry is useless
UPDATE documents d
SET status = 'queued', code = NULL, attempts = 0, lane = 'bulk', lease_token = lease_token + 1,
    resend_at = now() + interval '14 minutes'
WHERE customer_id = $1 AND id = ANY ($2) AND status IN ('failed', 'needs_action') AND code <> $3 AND deleted_at IS NULL
RETURNING id, latest_version AS version,
    (SELECT v.to_fetch FROM document_versions v
     WHERE (v.customer_id, v.document_id, v.version) = (d.customer_id, d.id, d.latest_version)) AS to_fetch
