-- Ends a delivery. No row: another worker has claimed it.
-- $1 customer, $2 id, $3 fencing token, $4 status, $5 the receiver's status or null, $6 code or null
UPDATE webhook_deliveries
SET status = $4, last_status = $5, last_error = $6, resend_at = NULL, ended_at = now()
WHERE customer_id = $1 AND id = $2 AND lease_token = $3 AND status = 'pending'
RETURNING id
