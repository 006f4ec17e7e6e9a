-- What a sweep has run, and nobody has changed since. $1 customer, $2 id, $3 its lease, $4 next run
UPDATE webhooks SET next_run_at = $4, last_triggered_at = now()
WHERE customer_id = $1 AND id = $2 AND next_run_at = $3
