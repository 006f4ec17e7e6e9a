-- Marks those of some versions whose time is over, as of now: a lock that was waited for may have been that of
-- somebody who made a new version of one. $1 customer, $2 documents, $3 versions
UPDATE document_versions v SET retired_at = now()
FROM unnest($2::uuid[], $3::int[]) AS t (document_id, version), customer_config c
WHERE v.customer_id = $1 AND (v.document_id, v.version) = (t.document_id, t.version)
  AND c.customer_id = v.customer_id AND is_over(v, c.retention_days)
