-- The published documents and the tokens of their chunks, estimated if they were not counted. $1 customer
SELECT count(*) AS documents, coalesce(sum(v.chunks), 0)::bigint AS chunks,
       -- A token has about four characters, and chunks overlap by a fifth.
       coalesce(sum(coalesce(v.chunk_tokens, ceil(v.characters * 0.3))), 0)::bigint AS tokens,
       coalesce(bool_and(v.chunk_tokens IS NOT NULL), true) AS counted
FROM document_versions v JOIN documents d ON (d.customer_id, d.id) = (v.customer_id, v.document_id)
WHERE v.customer_id = $1 AND v.status = 'published' AND (d.deleted_at IS NULL OR d.purge_at IS NOT NULL)
