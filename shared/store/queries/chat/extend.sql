-- Makes room for a question and its answer; no row: not a conversation of the caller. Turns of a conversation come one after
-- the other. $1 customer, $2 session, $3 user or null, $4 key or null
UPDATE chat_sessions SET messages = messages + 2, last_used_at = now()
WHERE customer_id = $1 AND id = $2 AND (user_id = $3 OR api_key_id = $4)
RETURNING messages
