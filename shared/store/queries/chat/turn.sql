-- A question and its answer. $1 customer, $2 session, $3 number of the answer, $4 question, $5 text of the answer, $6 answer,
-- $7 how many versions it is from, $8 its id if it is found by one
INSERT INTO chat_messages (customer_id, session_id, number, role, content, answer, sources, answer_id)
VALUES ($1, $2, $3 - 1, 'user', $4, NULL, 0, NULL), ($1, $2, $3, 'assistant', $5, $6, $7, $8)
