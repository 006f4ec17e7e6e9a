-- $1 customer, $2 name, $3 models, $4 nonce and $5 ciphertext of the key, or null
INSERT INTO chat_providers (customer_id, name, models, nonce, ciphertext) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (customer_id, name) DO UPDATE SET models = excluded.models, nonce = excluded.nonce, ciphertext = excluded.ciphertext
