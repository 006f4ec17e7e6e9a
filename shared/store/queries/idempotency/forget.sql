-- The request failed, so it may be repeated, unchanged or corrected.
-- $1 customer, $2 principal, $3 route, $4 key, $5 hash of the request
DELETE FROM idempotency_keys
WHERE customer_id = $1 AND principal_id = $2 AND route = $3 AND key = $4 AND request_hash = $5
  AND answer_status IS NULL
