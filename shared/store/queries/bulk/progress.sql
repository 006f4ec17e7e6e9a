-- $1 customer, $2 job, $3 progress
UPDATE jobs SET progress = $3, attempts = 0, resend_at = now() + interval '10 minutes'
WHERE customer_id = $1 AND id = $2 AND finished_at IS NULL
