-- The document of each item of a batch, as in documents/find_same.sql. Two queries, each with its index.
-- $1 customer, $2 external ids or nulls, $3 content hashes, in the items' order, $4 the only actor whose documents with
-- the same content count, or null
SELECT i.ordinal, f.id, f.latest_version, f.status, f.same
FROM unnest($2::text[], $3::bytea[]) WITH ORDINALITY AS i (external_id, hash, ordinal)
CROSS JOIN LATERAL (
    (SELECT d.id, d.latest_version, d.status, v.content_hash IS NOT DISTINCT FROM i.hash AS same
     FROM documents d
     JOIN document_versions v ON (v.customer_id, v.document_id, v.version) = (d.customer_id, d.id, d.latest_version)
     WHERE d.customer_id = $1 AND d.external_id = i.external_id AND d.deleted_at IS NULL)
    UNION ALL
    (SELECT d.id, d.latest_version, d.status, true
     FROM document_versions v
     JOIN documents d ON (d.customer_id, d.id, d.latest_version) = (v.customer_id, v.document_id, v.version)
     WHERE i.external_id IS NULL AND v.customer_id = $1 AND v.content_hash = i.hash AND d.deleted_at IS NULL
       AND ($4::uuid IS NULL OR d.added_by = $4)
     ORDER BY v.status = 'failed', d.created_at LIMIT 1)
) f
