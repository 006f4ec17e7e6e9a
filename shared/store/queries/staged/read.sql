-- $1 customer, $2 model, $3 hashes
SELECT DISTINCT ON (text_hash) text_hash, vector FROM staged_embeddings
WHERE customer_id = $1 AND embedding_model = $2 AND text_hash = ANY ($3)
