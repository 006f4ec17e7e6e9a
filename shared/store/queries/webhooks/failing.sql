-- A delivery failed. Returns whether all have failed for the given time. $1 customer, $2 id, $3 seconds
UPDATE webhooks SET failing_since = coalesce(failing_since, now())
WHERE customer_id = $1 AND id = $2
RETURNING failing_since <= now() - make_interval(secs => $3) AS too_long
