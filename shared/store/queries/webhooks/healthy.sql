-- A delivery succeeded. The time is recorded at most once a minute. $1 customer, $2 id
UPDATE webhooks SET failing_since = NULL, last_triggered_at = now()
WHERE customer_id = $1 AND id = $2
  AND (failing_since IS NOT NULL OR last_triggered_at IS NULL OR last_triggered_at < now() - interval '1 minute')
