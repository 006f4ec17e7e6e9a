-- A streamed answer, unless it is from documents that the caller does not see. $1 customer, $2 user or null, $3 key or null, $4 answer
SELECT m.session_id, m.number, m.answer
FROM chat_messages m
JOIN chat_sessions s ON (s.customer_id, s.id) = (m.customer_id, m.session_id)
WHERE m.customer_id = $1 AND m.answer_id = $4 AND (s.user_id = $2 OR s.api_key_id = $3)
  AND m.sources = (SELECT count(*) FROM chat_sources c
                   WHERE (c.customer_id, c.session_id, c.number) = (m.customer_id, m.session_id, m.number))
