-- $1 customer, $2 webhook, $3 status or null, $4 created before (with $5), $5 id before, $6 limit
SELECT id, event, document_id, status, attempts, due_at, last_status, last_error, last_attempt_at, ended_at, created_at
FROM webhook_deliveries
WHERE customer_id = $1 AND webhook_id = $2 AND ($3::text IS NULL OR status = $3)
  AND ($4::timestamptz IS NULL OR (created_at, id) < ($4, $5))
ORDER BY created_at DESC, id DESC
LIMIT $6
