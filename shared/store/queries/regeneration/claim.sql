-- Claims the job. No row: it has ended, its customer is being erased, or another worker has it.
-- $1 customer, $2 job, $3 lease in seconds
UPDATE jobs SET status = 'running', attempts = attempts + 1, lease_token = lease_token + 1,
    lease_expires_at = now() + make_interval(secs => $3), resend_at = now() + make_interval(secs => $3)
WHERE customer_id = $1 AND id = $2 AND kind = 'regenerate' AND finished_at IS NULL
  AND (lease_expires_at IS NULL OR lease_expires_at <= now())
  AND EXISTS (SELECT FROM customers c WHERE c.id = $1 AND c.status <> 'deleted')
RETURNING lease_token, attempts, progress
