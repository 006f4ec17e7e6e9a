-- A streamed answer, unless it is from documents that the caller does not see, and whether it is still being made.
-- $1 customer, $2 user or null, $3 key or null, $4 answer, $5 seconds for which one counts whose function died
SELECT a.session_id, a.number, a.answer,
       EXISTS (SELECT FROM chat_streams t WHERE t.customer_id = $1 AND t.id = $4 AND t.asked_by = coalesce($2, $3)
                 AND t.started_at >= now() - make_interval(secs => $5)) AS is_under_way
FROM (VALUES (1)) AS one
LEFT JOIN LATERAL (
    SELECT m.session_id, m.number, m.answer
    FROM chat_messages m
    JOIN chat_sessions s ON (s.customer_id, s.id) = (m.customer_id, m.session_id)
    WHERE m.customer_id = $1 AND m.answer_id = $4 AND (s.user_id = $2 OR s.api_key_id = $3)
      AND m.sources = (SELECT count(*) FROM chat_sources c
                       WHERE (c.customer_id, c.session_id, c.number) = (m.customer_id, m.session_id, m.number))
) a ON true
