-- $1 customer, $2 documents, $3 versions, $4 chunks, $5 tokens, $6 model, $7 tokens of the chunks, $8 when
WITH published AS (
    UPDATE document_versions v
    SET status = 'published', published_at = $8, chunks = t.chunks, tokens = t.tokens, embedding_model = $6,
        chunk_tokens = t.chunk_tokens
    FROM unnest($2::uuid[], $3::int[], $4::int[], $5::bigint[], $7::bigint[])
        AS t (document_id, version, chunks, tokens, chunk_tokens)
    WHERE v.customer_id = $1 AND v.document_id = t.document_id AND v.version = t.version
    RETURNING v.document_id, v.version
), completed AS (
    UPDATE documents d
    SET status = 'completed', stage = NULL, code = NULL, published_version = p.version, completed_at = now(),
        lease_expires_at = NULL, resend_at = NULL
    FROM published p
    WHERE d.customer_id = $1 AND d.id = p.document_id
    RETURNING d.id
), unstaged AS (
    DELETE FROM staged_embeddings WHERE customer_id = $1 AND document_id = ANY ($2)
)
INSERT INTO usage_metrics AS u (customer_id, day, operation, documents, chunks)
SELECT $1, (now() AT TIME ZONE 'UTC')::date, 'publish', count(*), (SELECT sum(c) FROM unnest($4::int[]) AS c)
FROM completed
ON CONFLICT (customer_id, day, operation) DO UPDATE
    SET documents = u.documents + excluded.documents, chunks = u.chunks + excluded.chunks
