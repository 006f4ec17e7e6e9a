-- A new conversation. $1 customer, $2 id, $3 user or null, $4 key or null, $5 title
INSERT INTO chat_sessions (customer_id, id, user_id, api_key_id, title, messages) VALUES ($1, $2, $3, $4, $5, 2)
