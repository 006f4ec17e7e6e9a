-- The document with a URL or an external id. $1 customer, $2 external id or null, $3 source url
SELECT id, latest_version, status FROM documents
WHERE customer_id = $1 AND deleted_at IS NULL
  AND CASE WHEN $2::text IS NOT NULL THEN external_id = $2 ELSE external_id IS NULL AND source_url = $3 END
