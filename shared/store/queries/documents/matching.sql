-- Conditions on documents d, for a WHERE; null is no condition. In braces: whether the document is present or deleted.
-- $1 customer, $2 external id, $3 part of the title as a pattern, $4 file name, $5 formats, $6 sources, $7 statuses, $8
-- code, $9 collection, $10 whether in no collection, $11 members of the metadata, $12 created after, $13 created
-- before, $14 updated after, $15 updated before, $16 ids, $17 patterns of words. The last braces are a filter as in searches,
-- whose values follow those of the statement
d.customer_id = $1 AND {present}
AND ($2::text IS NULL OR d.external_id = $2)
AND ($3::text IS NULL OR d.title ILIKE $3)
AND ($4::text IS NULL OR d.file_name = $4)
AND ($5::text[] IS NULL OR (
    SELECT v.format FROM document_versions v
    WHERE (v.customer_id, v.document_id, v.version) = (d.customer_id, d.id, coalesce(d.published_version, d.latest_version))
) = ANY ($5))
AND ($6::text[] IS NULL OR d.source = ANY ($6))
AND ($7::text[] IS NULL OR d.status = ANY ($7))
-- The statuses that have a code allow the use of the index.
AND ($8::text IS NULL OR (d.code = $8 AND d.status IN ('failed', 'needs_action')))
AND ($9::uuid IS NULL OR d.collection_id = $9)
AND (NOT $10::boolean OR d.collection_id IS NULL)
AND ($11::jsonb IS NULL OR d.metadata @> $11)
AND ($12::timestamptz IS NULL OR d.created_at > $12)
AND ($13::timestamptz IS NULL OR d.created_at < $13)
AND ($14::timestamptz IS NULL OR d.updated_at > $14)
AND ($15::timestamptz IS NULL OR d.updated_at < $15)
AND ($16::uuid[] IS NULL OR d.id = ANY ($16))
AND ($17::text[] IS NULL OR NOT EXISTS (
    SELECT FROM unnest($17) word
    WHERE (d.title ILIKE word OR d.file_name ILIKE word OR d.external_id ILIKE word OR d.source_url ILIKE word) IS NOT TRUE
))
AND {meets}
