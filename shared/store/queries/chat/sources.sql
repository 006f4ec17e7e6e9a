-- The versions that an answer is from, those that are still there, locked against their removal. $1 customer, $2 session, $3 number, $4 documents, $5 versions
INSERT INTO chat_sources (customer_id, session_id, number, document_id, version)
SELECT $1, $2, $3, v.document_id, v.version
FROM unnest($4::uuid[], $5::int[]) AS t (document_id, version)
JOIN document_versions v ON v.customer_id = $1 AND (v.document_id, v.version) = (t.document_id, t.version)
JOIN documents d ON (d.customer_id, d.id) = (v.customer_id, v.document_id)
WHERE v.retired_at IS NULL AND (d.deleted_at IS NULL OR d.purge_at IS NOT NULL)
FOR KEY SHARE OF v
RETURNING document_id
