-- $1 customer, $2 document
SELECT p.nonce, p.ciphertext, c.wrapped_data_key
FROM document_passwords p
JOIN customers c ON c.id = p.customer_id
WHERE p.customer_id = $1 AND p.document_id = $2 AND c.wrapped_data_key IS NOT NULL
