-- The reranker, and its key if it has one. $1 customer
SELECT r.url, r.model, r.nano_usd_per_thousand_searches, r.updated_at,
       c.wrapped_data_key, s.version, s.nonce, s.ciphertext
FROM rerankers r
JOIN customers c ON c.id = r.customer_id
LEFT JOIN customer_secrets s ON s.customer_id = r.customer_id AND s.purpose = 'reranker_key' AND s.retires_at IS NULL
WHERE r.customer_id = $1
ORDER BY s.version DESC LIMIT 1
