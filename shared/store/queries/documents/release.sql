-- Documents whose reason to wait is over. $1 customer, $2 their codes
UPDATE documents SET status = 'queued', code = NULL, attempts = 0, lane = 'bulk', resend_at = now()
WHERE customer_id = $1 AND status = 'needs_action' AND code = ANY ($2) AND deleted_at IS NULL
RETURNING id
