-- The location of a version's original; no row if there is no such version, or its content was never fetched.
-- $1 customer, $2 document, $3 version or null: the published one, or the latest before that
SELECT v.version, v.format, v.bytes, o.version AS original_version, o.object_id, o.bundle_offset, d.title, d.file_name
FROM documents d
JOIN document_versions v ON v.customer_id = d.customer_id AND v.document_id = d.id
    AND v.version = coalesce($3, d.published_version, d.latest_version)
JOIN document_versions o ON o.customer_id = v.customer_id AND o.document_id = v.document_id
    AND o.version = coalesce(v.original_version, v.version)
WHERE d.customer_id = $1 AND d.id = $2 AND d.deleted_at IS NULL AND NOT v.to_fetch
  AND v.retired_at IS NULL AND o.retired_at IS NULL
