-- Waits for answers that are being stored from documents, or versions of them, that are being removed.
-- $1 customer, $2 documents, $3 their versions; null for all versions
SELECT v.version FROM document_versions v
JOIN unnest($2::uuid[], coalesce($3::int[], array_fill(NULL::int, ARRAY[cardinality($2)]))) AS t (document_id, version)
  ON v.document_id = t.document_id AND (t.version IS NULL OR v.version = t.version)
WHERE v.customer_id = $1
ORDER BY v.document_id, v.version
FOR UPDATE OF v
