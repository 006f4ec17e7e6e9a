-- A job to process, locked until the transaction ends. No row: it has ended, another worker is processing it, or its
-- customer has been removed. $1 customer, $2 job
SELECT j.progress FROM jobs j
WHERE j.customer_id = $1 AND j.id = $2 AND j.kind = 'bulk' AND j.finished_at IS NULL
  AND EXISTS (SELECT FROM customers c WHERE c.id = $1 AND c.status <> 'deleted')
FOR UPDATE OF j SKIP LOCKED
