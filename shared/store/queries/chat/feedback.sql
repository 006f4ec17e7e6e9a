-- All of a customer's ratings with question and answer, newest first. $1 customer, $2 rating or null, $3 given before (with $4 and
-- $5), $4 session before, $5 number before, $6 limit
SELECT f.session_id, f.number, f.rating, f.comment, q.content AS question, a.answer, f.created_at
FROM chat_feedback f
JOIN chat_messages a ON (a.customer_id, a.session_id, a.number) = (f.customer_id, f.session_id, f.number)
JOIN chat_messages q ON (q.customer_id, q.session_id, q.number) = (f.customer_id, f.session_id, f.number - 1)
WHERE f.customer_id = $1 AND ($2::text IS NULL OR f.rating = $2)
  AND ($3::timestamptz IS NULL OR (f.created_at, f.session_id, f.number) < ($3, $4, $5))
ORDER BY f.created_at DESC, f.session_id DESC, f.number DESC
LIMIT $6
