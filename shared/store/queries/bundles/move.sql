-- $1 customer, $2 old bundle, $3 new bundle, $4 documents, $5 versions, $6 their offsets in the new one
UPDATE document_versions v SET object_id = $3, bundle_offset = t.start
FROM unnest($4::uuid[], $5::int[], $6::bigint[]) AS t (document_id, version, start)
WHERE v.customer_id = $1 AND v.object_id = $2 AND v.document_id = t.document_id AND v.version = t.version
