-- $1 customer, $2 created before (with $3), $3 id before, $4 limit
SELECT id, name, trigger_type, status, url, schedule, time_zone, events, secret_version, next_run_at, disabled_reason,
       collection_id, failing_since, last_triggered_at, created_at, updated_at
FROM webhooks
WHERE customer_id = $1 AND ($2::timestamptz IS NULL OR (created_at, id) < ($2, $3))
ORDER BY created_at DESC, id DESC
LIMIT $4
