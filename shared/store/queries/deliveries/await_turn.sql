-- Waits for a turn at the receiver's host, which is taken; this is no attempt. The message is sent with a delay, and by
-- sweep.
-- $1 customer, $2 id, $3 fencing token, $4 wait in seconds
UPDATE webhook_deliveries
SET attempts = attempts - 1, turn_at = now() + make_interval(secs => $4), due_at = now() + make_interval(secs => $4),
    resend_at = now() + make_interval(secs => $4 + 30)
WHERE customer_id = $1 AND id = $2 AND lease_token = $3 AND status = 'pending'
RETURNING id
