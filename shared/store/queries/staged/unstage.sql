-- $1 customer, $2 model, $3 documents
DELETE FROM staged_embeddings WHERE customer_id = $1 AND embedding_model = $2 AND document_id = ANY ($3)
