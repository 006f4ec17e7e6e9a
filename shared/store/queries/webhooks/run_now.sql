-- $1 customer, $2 id
UPDATE webhooks SET next_run_at = now()
WHERE customer_id = $1 AND id = $2 AND trigger_type = 'scheduled' AND status = 'active'
RETURNING id
