-- Nothing is started for a deleted customer. $1 customer, $2 job
UPDATE jobs SET status = 'running', attempts = attempts + 1, resend_at = now() + interval '10 minutes'
WHERE customer_id = $1 AND id = $2 AND finished_at IS NULL
  AND EXISTS (SELECT 1 FROM customers c WHERE c.id = $1 AND c.status <> 'deleted')
RETURNING progress, attempts
