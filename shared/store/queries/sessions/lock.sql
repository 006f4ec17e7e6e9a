-- Waits for a concurrent rotation of another token of the session. The next statement reads its result, which this
-- one's snapshot may not contain. $1 customer, $2 token id
SELECT s.id FROM sessions s
JOIN refresh_tokens t ON (t.customer_id, t.session_id) = (s.customer_id, s.id)
WHERE t.customer_id = $1 AND t.id = $2
FOR UPDATE OF s
