-- Where a response of the caller is, the title of its conversation and its question; nothing is added to the conversation
-- meanwhile. $1 customer, $2 user or null, $3 key or null, $4 response
SELECT r.session_id, r.number, s.title, q.content AS question
FROM responses r
JOIN chat_sessions s ON (s.customer_id, s.id) = (r.customer_id, r.session_id)
JOIN chat_messages q ON (q.customer_id, q.session_id, q.number) = (r.customer_id, r.session_id, r.number - 1)
WHERE r.customer_id = $1 AND r.id = $4 AND (s.user_id = $2 OR s.api_key_id = $3)
FOR UPDATE OF s
