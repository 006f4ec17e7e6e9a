-- $1 customer, $2 document, $3 model, $4 hashes
SELECT text_hash, vector FROM staged_embeddings
WHERE customer_id = $1 AND document_id = $2 AND embedding_model = $3 AND text_hash = ANY ($4)
