-- $1 customer, $2 id
SELECT id, name, trigger_type, status, url, schedule, time_zone, events, secret_version, next_run_at, disabled_reason,
       collection_id, failing_since, last_triggered_at, created_at, updated_at
FROM webhooks WHERE customer_id = $1 AND id = $2
