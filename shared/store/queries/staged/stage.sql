-- Stores vectors that were just paid for, with documents that exist and stay until this transaction ends. A worker that
-- has lost its lease may come after another one's publication, which drops staged vectors: for a completed document
-- nothing is stored, unless it is regenerated.
-- $1 customer, $2 model, $3 documents, $4 hashes, $5 vectors, $6 whether they are regenerated
INSERT INTO staged_embeddings (customer_id, document_id, embedding_model, text_hash, vector)
SELECT $1, d.id, $2, t.hash, t.vector
FROM unnest($3::uuid[], $4::text[], $5::bytea[]) AS t (document_id, hash, vector)
JOIN documents d ON d.customer_id = $1 AND d.id = t.document_id
WHERE $6 OR d.status <> 'completed'
FOR KEY SHARE OF d
ON CONFLICT DO NOTHING
