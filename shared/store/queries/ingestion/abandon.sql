-- Ends the lease that a deletion fenced off. No row: the lease was lost to another worker.
-- $1 customer, $2 id, $3 fencing token of the lease
UPDATE documents SET status = 'queued', stage = NULL, lease_expires_at = NULL
WHERE customer_id = $1 AND id = $2 AND deleted_at IS NOT NULL AND lease_token = $3 + 1
  AND lease_expires_at IS NOT NULL
RETURNING id
