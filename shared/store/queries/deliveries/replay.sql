-- Schedules another attempt at a notification that has ended or is pending. The token grows: an attempt in progress no
-- longer decides. $1 customer, $2 webhook, $3 id
UPDATE webhook_deliveries d
SET status = 'pending', attempts = 0, turn_at = NULL, lease_token = lease_token + 1, due_at = now(),
    resend_at = now() + interval '30 seconds', ended_at = NULL
FROM webhooks w
WHERE d.customer_id = $1 AND d.webhook_id = $2 AND d.id = $3
  AND w.customer_id = d.customer_id AND w.id = d.webhook_id AND w.status = 'active'
RETURNING d.id
