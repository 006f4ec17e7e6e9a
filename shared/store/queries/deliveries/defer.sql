-- Another attempt later. Its message is sent now, with a delay; sweep's comes a little after.
-- $1 customer, $2 id, $3 fencing token, $4 the receiver's status or null, $5 code or null, $6 wait in seconds
UPDATE webhook_deliveries
SET last_status = $4, last_error = $5, turn_at = NULL, due_at = now() + make_interval(secs => $6),
    resend_at = now() + make_interval(secs => $6 + 30)
WHERE customer_id = $1 AND id = $2 AND lease_token = $3 AND status = 'pending'
RETURNING id
