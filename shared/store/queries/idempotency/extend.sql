-- The first request takes longer than others. $1 customer, $2 principal, $3 route, $4 key, $5 hash of the request, $6 lease in seconds
UPDATE idempotency_keys SET lease_expires_at = now() + make_interval(secs => $6)
WHERE customer_id = $1 AND principal_id = $2 AND route = $3 AND key = $4 AND request_hash = $5
  AND answer_status IS NULL
