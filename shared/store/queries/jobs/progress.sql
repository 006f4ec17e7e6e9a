-- Only from the expected state, so that one of two concurrent workers continues. $1 customer, $2 job, $3 old progress,
-- $4 new progress
UPDATE jobs SET progress = $4, attempts = 0, resend_at = now() + interval '10 minutes'
WHERE customer_id = $1 AND id = $2 AND finished_at IS NULL AND progress = $3
RETURNING id
