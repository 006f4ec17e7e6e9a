-- $1 customer
SELECT p.name, p.models, p.nonce, p.ciphertext, p.updated_at, c.wrapped_data_key
FROM chat_providers p JOIN customers c ON c.id = p.customer_id
WHERE p.customer_id = $1
ORDER BY p.name
