-- $1 customer, $2 session, $3 user or null, $4 key or null
DELETE FROM chat_sessions
WHERE customer_id = $1 AND id = $2 AND (user_id = $3 OR api_key_id = $4)
RETURNING id
