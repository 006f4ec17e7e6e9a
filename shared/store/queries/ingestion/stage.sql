-- Keeps vectors that were just paid for, and counts them.
-- $1 customer, $2 document, $3 model, $4 hashes, $5 vectors, $6 tokens
WITH staged AS (
    INSERT INTO staged_embeddings (customer_id, document_id, embedding_model, text_hash, vector)
    SELECT $1, $2, $3, hash, vector FROM unnest($4::text[], $5::bytea[]) AS t (hash, vector)
    ON CONFLICT DO NOTHING
)
INSERT INTO usage_metrics AS u (customer_id, day, operation, requests, tokens)
VALUES ($1, (now() AT TIME ZONE 'UTC')::date, 'embeddings', 1, $6)
ON CONFLICT (customer_id, day, operation) DO UPDATE
    SET requests = u.requests + 1, tokens = u.tokens + excluded.tokens
