-- Marks those of some versions whose retention is over now: the transaction that held the lock before may have made a
-- new version from one. $1 customer, $2 documents, $3 versions
UPDATE document_versions v SET retired_at = now()
FROM unnest($2::uuid[], $3::int[]) AS t (document_id, version), customer_config c
WHERE v.customer_id = $1 AND (v.document_id, v.version) = (t.document_id, t.version)
  AND c.customer_id = v.customer_id AND is_over(v, c.retention_days)
