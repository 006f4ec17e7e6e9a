-- A webhook that a sweep has run, if it was not changed since; one without a next run is paused.
-- $1 customer, $2 id, $3 its lease, $4 next run or null
UPDATE webhooks
SET next_run_at = $4, last_triggered_at = now(), status = CASE WHEN $4 IS NULL THEN 'paused' ELSE status END
WHERE customer_id = $1 AND id = $2 AND next_run_at = $3
