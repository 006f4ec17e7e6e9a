-- The caller's conversations, the last used first. $1 customer, $2 user or null, $3 key or null, $4 part of a title or message, or
-- null, $5 used before (with $6), $6 id before, $7 limit
SELECT s.id, s.title, s.messages, s.created_at, s.last_used_at
FROM chat_sessions s
WHERE s.customer_id = $1 AND (s.user_id = $2 OR s.api_key_id = $3)
  AND ($4::text IS NULL OR s.title ILIKE $4
       OR EXISTS (SELECT FROM chat_messages m
                  WHERE m.customer_id = $1 AND m.session_id = s.id AND m.content ILIKE $4
                    AND m.sources = (SELECT count(*) FROM chat_sources c
                        WHERE (c.customer_id, c.session_id, c.number) = (m.customer_id, m.session_id, m.number))))
  AND ($5::timestamptz IS NULL OR (s.last_used_at, s.id) < ($5, $6))
ORDER BY s.last_used_at DESC, s.id DESC
LIMIT $7
