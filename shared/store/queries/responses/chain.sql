-- A response of the caller and those that it continues, the newest first, without those from documents that the caller does not
-- see. $1 customer, $2 user or null, $3 key or null, $4 response, $5 most
WITH RECURSIVE chain AS (
    SELECT r.id, r.session_id, r.number, r.previous_id, r.request, r.created_at, 1 AS depth
    FROM responses r
    JOIN chat_sessions s ON (s.customer_id, s.id) = (r.customer_id, r.session_id)
    WHERE r.customer_id = $1 AND r.id = $4 AND (s.user_id = $2 OR s.api_key_id = $3)
    UNION ALL
    SELECT r.id, r.session_id, r.number, r.previous_id, r.request, r.created_at, c.depth + 1
    FROM chain c
    JOIN responses r ON r.customer_id = $1 AND r.id = c.previous_id
    JOIN chat_sessions s ON (s.customer_id, s.id) = (r.customer_id, r.session_id)
    WHERE (s.user_id = $2 OR s.api_key_id = $3) AND c.depth < $5
)
SELECT c.id, c.session_id, c.number, c.previous_id, c.request, c.created_at, q.content AS question, a.answer,
       (SELECT array_agg(o.document_id ORDER BY o.document_id, o.version) FROM chat_sources o
        WHERE (o.customer_id, o.session_id, o.number) = (a.customer_id, a.session_id, a.number)) AS documents,
       (SELECT array_agg(o.version ORDER BY o.document_id, o.version) FROM chat_sources o
        WHERE (o.customer_id, o.session_id, o.number) = (a.customer_id, a.session_id, a.number)) AS versions
FROM chain c
JOIN chat_messages a ON (a.customer_id, a.session_id, a.number) = ($1, c.session_id, c.number)
JOIN chat_messages q ON (q.customer_id, q.session_id, q.number) = ($1, c.session_id, c.number - 1)
WHERE a.sources = (SELECT count(*) FROM chat_sources o
                   WHERE (o.customer_id, o.session_id, o.number) = (a.customer_id, a.session_id, a.number))
ORDER BY c.depth
