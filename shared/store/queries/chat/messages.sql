-- Messages of a conversation, the newest first, without answers from documents that the caller does not see. $1 customer, $2 session, $3 below this number (null: from the newest), $4 limit
SELECT m.number, m.role, m.content, m.answer, m.created_at, f.rating, f.comment,
       (SELECT array_agg(c.document_id ORDER BY c.document_id, c.version) FROM chat_sources c
        WHERE (c.customer_id, c.session_id, c.number) = (m.customer_id, m.session_id, m.number)) AS documents,
       (SELECT array_agg(c.version ORDER BY c.document_id, c.version) FROM chat_sources c
        WHERE (c.customer_id, c.session_id, c.number) = (m.customer_id, m.session_id, m.number)) AS versions
FROM chat_messages m
LEFT JOIN chat_feedback f ON (f.customer_id, f.session_id, f.number) = (m.customer_id, m.session_id, m.number)
WHERE m.customer_id = $1 AND m.session_id = $2 AND ($3::integer IS NULL OR m.number < $3)
  AND m.sources = (SELECT count(*) FROM chat_sources c
                   WHERE (c.customer_id, c.session_id, c.number) = (m.customer_id, m.session_id, m.number))
ORDER BY m.number DESC
LIMIT $4
