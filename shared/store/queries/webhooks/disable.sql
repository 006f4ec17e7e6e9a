-- $1 customer, $2 id, $3 reason
UPDATE webhooks SET status = 'disabled', disabled_reason = $3
WHERE customer_id = $1 AND id = $2 AND status = 'active'
RETURNING id
