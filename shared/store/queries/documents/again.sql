-- The next version of a document, from the original of an existing one. No row: there is no such version with an
-- original, or a concurrent caller was faster.
-- $1 customer, $2 id, $3 version of the original, $4 next version, $5 title or null, $6 metadata or null, $7 chunking
-- or null, $8 whether it moves, $9 the collection to move to or null, $10 whether hidden content is read, or null, $11
-- whether attachments become documents, or null
WITH moved AS (
    UPDATE documents d
    SET latest_version = $4, title = coalesce($5, d.title),
        title_given = $5 IS NOT NULL OR title_is_given(d), metadata = coalesce($6, d.metadata),
        chunking = coalesce($7, d.chunking), collection_id = CASE WHEN $8 THEN $9 ELSE d.collection_id END,
        include_hidden = coalesce($10, d.include_hidden), attachments = coalesce($11, d.attachments),
        status = 'queued', stage = NULL, code = NULL, lease_token = d.lease_token + 1, lease_expires_at = NULL,
        attempts = 0, lane = 'single', resend_at = now() + interval '10 minutes', upload_expires_at = NULL
    FROM document_versions v
    WHERE d.customer_id = $1 AND d.id = $2 AND d.latest_version = $4 - 1 AND d.deleted_at IS NULL
      AND d.status <> 'awaiting_upload'
      AND (v.customer_id, v.document_id, v.version) = (d.customer_id, d.id, $3) AND NOT v.to_fetch AND v.retired_at IS NULL
    RETURNING d.customer_id, d.id
)
INSERT INTO document_versions (customer_id, document_id, version, object_id, bundle_offset, original_version,
                               format, bytes, content_hash, etag, last_modified, reprocess)
-- Its bytes are found through the version that introduced them, wherever a deletion from that version's bundle moves
-- them. A concurrent retirement of that version is waited for, or waits until this is committed and then checks again.
SELECT v.customer_id, v.document_id, $4, v.object_id, NULL, coalesce(v.original_version, v.version),
       v.format, v.bytes, v.content_hash, v.etag, v.last_modified, true
FROM moved m
JOIN document_versions v ON (v.customer_id, v.document_id, v.version) = (m.customer_id, m.id, $3)
WHERE v.retired_at IS NULL
FOR KEY SHARE OF v
RETURNING version
