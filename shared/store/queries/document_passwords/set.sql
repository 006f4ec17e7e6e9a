-- $1 customer, $2 document, $3 nonce, $4 ciphertext
INSERT INTO document_passwords AS p (customer_id, document_id, nonce, ciphertext) VALUES ($1, $2, $3, $4)
ON CONFLICT (customer_id, document_id) DO UPDATE SET nonce = excluded.nonce, ciphertext = excluded.ciphertext
