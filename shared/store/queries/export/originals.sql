-- The originals of versions, in a stable order. $1 customer, $2 and $3 document and version to continue after, $4 limit
SELECT v.document_id, v.version, o.version AS original_version, o.object_id, o.bundle_offset, v.bytes, d.file_name, v.format,
       v.characters IS NOT NULL AS has_text
FROM document_versions v JOIN documents d ON (d.customer_id, d.id) = (v.customer_id, v.document_id)
JOIN document_versions o ON (o.customer_id, o.document_id, o.version)
    = (v.customer_id, v.document_id, coalesce(v.original_version, v.version))
WHERE v.customer_id = $1 AND d.deleted_at IS NULL
  AND ($2::uuid IS NULL OR (v.document_id, v.version) > ($2, $3))
ORDER BY v.document_id, v.version LIMIT $4
