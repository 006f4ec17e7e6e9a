-- $1 customer, $2 id, $3 name, $4 status, $5 url, $6 schedule, $7 time zone, $8 events, $9 next run, $10 collection or null
UPDATE webhooks
SET name = $3, status = $4, url = $5, schedule = $6, time_zone = $7, events = $8, next_run_at = $9, collection_id = $10,
    disabled_reason = CASE $4 WHEN 'disabled' THEN disabled_reason END,
    -- Activation, or a new URL, restarts its record of failures.
    failing_since = CASE WHEN status = $4 AND url IS NOT DISTINCT FROM $5 THEN failing_since END
WHERE customer_id = $1 AND id = $2
RETURNING id, name, trigger_type, status, url, schedule, time_zone, events, secret_version, next_run_at, disabled_reason,
       collection_id, failing_since, last_triggered_at, created_at, updated_at
