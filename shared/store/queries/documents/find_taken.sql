-- Those of the external ids and URLs that documents have. $1 customer, $2 external ids, $3 source urls
SELECT coalesce(external_id, source_url) AS known_by FROM documents
WHERE customer_id = $1 AND deleted_at IS NULL
  AND (external_id = ANY ($2) OR external_id IS NULL AND source_url = ANY ($3))
