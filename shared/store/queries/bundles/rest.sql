-- The byte ranges of a bundle's remaining documents. $1 customer, $2 bundle
SELECT v.document_id, v.version, v.bundle_offset, v.bytes
FROM document_versions v JOIN documents d ON (d.customer_id, d.id) = (v.customer_id, v.document_id)
WHERE v.customer_id = $1 AND v.object_id = $2 AND v.bundle_offset IS NOT NULL AND d.deleted_at IS NULL
  AND v.retired_at IS NULL
ORDER BY v.bundle_offset
