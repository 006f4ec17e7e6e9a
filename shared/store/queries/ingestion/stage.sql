-- Keeps vectors that were just paid for. $1 customer, $2 document, $3 model, $4 hashes, $5 vectors
INSERT INTO staged_embeddings (customer_id, document_id, embedding_model, text_hash, vector)
SELECT $1, $2, $3, hash, vector FROM unnest($4::text[], $5::bytea[]) AS t (hash, vector)
ON CONFLICT DO NOTHING
