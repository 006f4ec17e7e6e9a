-- Discards the unsent notifications of a stopped webhook. $1 customer, $2 webhook
UPDATE webhook_deliveries SET status = 'discarded', resend_at = NULL, ended_at = now()
WHERE customer_id = $1 AND webhook_id = $2 AND status = 'pending'
