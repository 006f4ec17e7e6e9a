-- $1 customer, $2 documents, $3 versions
DELETE FROM document_versions v
USING unnest($2::uuid[], $3::int[]) AS t (document_id, version)
WHERE v.customer_id = $1 AND v.document_id = t.document_id AND v.version = t.version AND v.retired_at IS NOT NULL
