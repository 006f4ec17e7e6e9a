-- $1 customer, $2 documents, $3 versions, $4 bundle, $5 their offsets in it, $6 formats, $7 bytes, $8 content hashes,
-- $9 whether they are published in any case
INSERT INTO document_versions (customer_id, document_id, version, object_id, bundle_offset, format, bytes, content_hash,
                               reprocess)
SELECT $1, t.id, t.version, $4, t.start, t.format, t.bytes, t.hash, t.reprocess
FROM unnest($2::uuid[], $3::int[], $5::bigint[], $6::text[], $7::bigint[], $8::bytea[], $9::boolean[])
    AS t (id, version, start, format, bytes, hash, reprocess)
