-- The first question of a conversation. $1 customer, $2 session
SELECT content FROM chat_messages WHERE customer_id = $1 AND session_id = $2 AND role = 'user' ORDER BY number LIMIT 1
