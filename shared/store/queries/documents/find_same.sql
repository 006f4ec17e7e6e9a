-- The document of an upload: the one with its external id, or with its URL, otherwise one with its content.
-- $1 customer, $2 external id or null, $3 content hash, $4 source url or null, $5 the only actor whose document with
-- the same content counts, or null
SELECT d.id, d.latest_version, d.status, d.code, d.attached_to, d.collection_id, v.content_hash
FROM documents d
JOIN document_versions v ON (v.customer_id, v.document_id, v.version) = (d.customer_id, d.id, d.latest_version)
WHERE d.customer_id = $1 AND d.deleted_at IS NULL
  AND CASE WHEN $2::text IS NOT NULL THEN d.external_id = $2
      ELSE (v.content_hash = $3 AND ($5::uuid IS NULL OR d.added_by = $5)) OR (d.external_id IS NULL AND d.source_url = $4) END
ORDER BY (d.source_url = $4 AND d.external_id IS NULL) IS TRUE DESC, v.status = 'failed', d.created_at
LIMIT 1
