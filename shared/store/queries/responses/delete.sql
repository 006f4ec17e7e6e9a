-- An answer and its question. $1 customer, $2 session, $3 number of the answer
DELETE FROM chat_messages WHERE customer_id = $1 AND session_id = $2 AND number IN ($3, $3 - 1)
