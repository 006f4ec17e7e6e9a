-- Releases the lease; sweep continues after a wait. $1 customer, $2 job, $3 fencing token, $4 wait in seconds
UPDATE jobs SET lease_expires_at = NULL, resend_at = now() + make_interval(secs => $4)
WHERE customer_id = $1 AND id = $2 AND lease_token = $3 AND finished_at IS NULL
RETURNING id
