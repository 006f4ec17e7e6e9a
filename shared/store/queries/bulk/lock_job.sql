-- A job that is to be worked at, held until the transaction ends. No row: it has ended, somebody else works at it, or
-- its customer is gone. $1 customer, $2 job
SELECT j.progress FROM jobs j
WHERE j.customer_id = $1 AND j.id = $2 AND j.kind = 'bulk' AND j.finished_at IS NULL
  AND EXISTS (SELECT FROM customers c WHERE c.id = $1 AND c.status <> 'deleted')
FOR UPDATE OF j SKIP LOCKED
