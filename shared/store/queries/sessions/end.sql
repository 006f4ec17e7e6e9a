-- $1 customer, $2 session, $3 reason
UPDATE sessions SET ended_at = now(), end_reason = $3
WHERE customer_id = $1 AND id = $2 AND ended_at IS NULL
RETURNING id
