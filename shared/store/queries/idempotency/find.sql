-- The state of the first request. $1 customer, $2 principal, $3 route, $4 key
SELECT request_hash, answer_status, answer,
       greatest(1, ceil(extract(epoch FROM lease_expires_at - now())))::integer AS wait
FROM idempotency_keys WHERE customer_id = $1 AND principal_id = $2 AND route = $3 AND key = $4
