-- $1 customer, $2 reason
UPDATE sessions SET ended_at = now(), end_reason = $2
WHERE customer_id = $1 AND ended_at IS NULL
RETURNING id
