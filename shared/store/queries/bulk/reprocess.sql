-- Like documents/again.sql, for many: the next version of each, from the original of its published version, or before
-- that of its latest. $1 customer, $2 ids
WITH moved AS (
    UPDATE documents d
    SET latest_version = d.latest_version + 1, status = 'queued', stage = NULL, code = NULL,
        lease_token = d.lease_token + 1, lease_expires_at = NULL, attempts = 0, lane = 'bulk',
        resend_at = now() + interval '14 minutes', upload_expires_at = NULL
    FROM document_versions v
    WHERE d.customer_id = $1 AND d.id = ANY ($2) AND d.deleted_at IS NULL AND d.status <> 'awaiting_upload'
      AND (v.customer_id, v.document_id, v.version) = (d.customer_id, d.id, coalesce(d.published_version, d.latest_version))
      AND NOT v.to_fetch AND v.retired_at IS NULL
    RETURNING d.customer_id, d.id, d.latest_version AS next, v.version AS of
)
INSERT INTO document_versions (customer_id, document_id, version, object_id, bundle_offset, original_version,
                               format, bytes, content_hash, etag, last_modified, reprocess)
SELECT v.customer_id, v.document_id, m.next, v.object_id, NULL, coalesce(v.original_version, v.version),
       v.format, v.bytes, v.content_hash, v.etag, v.last_modified, true
FROM moved m
JOIN document_versions v ON (v.customer_id, v.document_id, v.version) = (m.customer_id, m.id, m.of)
FOR KEY SHARE OF v
RETURNING document_id AS id, version
