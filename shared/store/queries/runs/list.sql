-- $1 customer, $2 webhook, $3 status or null, $4 created before (with $5), $5 id before, $6 limit
SELECT id, planned_at, started_at, status, code, document_id, version, created_at
FROM (
    SELECT r.id, r.planned_at, r.started_at, r.document_id, r.version, r.code, r.created_at,
           CASE WHEN r.status <> 'started' THEN r.status
                WHEN d.id IS NULL THEN 'deleted'
                WHEN d.latest_version > r.version THEN 'superseded'
                ELSE d.status END AS status
    FROM webhook_runs r
    LEFT JOIN documents d ON d.customer_id = $1 AND d.id = r.document_id AND d.deleted_at IS NULL
    WHERE r.customer_id = $1 AND r.webhook_id = $2
      AND ($4::timestamptz IS NULL OR (r.created_at, r.id) < ($4, $5))
) shown
WHERE $3::text IS NULL OR status = $3
ORDER BY created_at DESC, id DESC
LIMIT $6
