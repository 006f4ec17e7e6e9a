-- $1 customer, $2 session, $3 user or null, $4 key or null
SELECT s.id, s.title, s.messages, s.created_at, s.last_used_at
FROM chat_sessions s
WHERE s.customer_id = $1 AND s.id = $2 AND (s.user_id = $3 OR s.api_key_id = $4)
