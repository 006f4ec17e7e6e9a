-- Only from where it was: of two that work on it one goes on. $1 customer, $2 job, $3 as it was, $4 as it is
UPDATE jobs SET progress = $4, attempts = 0, resend_at = now() + interval '10 minutes'
WHERE customer_id = $1 AND id = $2 AND finished_at IS NULL AND progress = $3
RETURNING id
