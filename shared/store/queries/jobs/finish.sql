-- $1 customer, $2 job, $3 status, $4 code or null
UPDATE jobs SET status = $3, code = $4, finished_at = now(), resend_at = NULL
WHERE customer_id = $1 AND id = $2 AND finished_at IS NULL
RETURNING id
