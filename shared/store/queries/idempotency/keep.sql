-- $1 customer, $2 principal, $3 route, $4 key, $5 hash of the request, $6 status, $7 body or null
UPDATE idempotency_keys SET answer_status = $6, answer = $7
WHERE customer_id = $1 AND principal_id = $2 AND route = $3 AND key = $4 AND request_hash = $5
  AND answer_status IS NULL
