-- Keeps a rating; no row: no answer of a conversation of the caller. $1 customer, $2 session, $3 user or null, $4 key or null,
-- $5 number of the answer, $6 rating, $7 comment or null
INSERT INTO chat_feedback (customer_id, session_id, number, rating, comment)
SELECT m.customer_id, m.session_id, m.number, $6, $7
FROM chat_sessions s
JOIN chat_messages m ON (m.customer_id, m.session_id) = (s.customer_id, s.id) AND m.number = $5 AND m.role = 'assistant'
WHERE s.customer_id = $1 AND s.id = $2 AND (s.user_id = $3 OR s.api_key_id = $4)
ON CONFLICT (customer_id, session_id, number) DO UPDATE SET rating = excluded.rating, comment = excluded.comment
RETURNING number
