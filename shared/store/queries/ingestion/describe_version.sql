-- Records the properties of a version that was read, which is to be split into chunks next, and renews the lease. A
-- document without a caller's title is named by its content. No row: the lease is lost.
-- $1 customer, $2 document, $3 version, $4 fencing token, $5 lease in seconds, $6 bytes, $7 content hash, $8 format,
-- $9 pages, $10 characters, $11 engine, $12 title, $13 what the file says of itself, $14 warnings
WITH held AS (
    UPDATE documents
    SET stage = 'chunking',
        title = CASE WHEN title_is_given(documents) THEN title ELSE $12 END,
        title_given = title_is_given(documents),
        lease_expires_at = now() + make_interval(secs => $5),
        resend_at = now() + make_interval(secs => $5)
    WHERE customer_id = $1 AND id = $2 AND latest_version = $3 AND lease_token = $4
      AND status = 'processing' AND deleted_at IS NULL
    RETURNING id
)
UPDATE document_versions v
SET bytes = $6, content_hash = $7, format = $8, pages = $9, characters = $10, engine = $11, properties = $13,
    warnings = $14
FROM held
WHERE v.customer_id = $1 AND v.document_id = held.id AND v.version = $3
RETURNING v.version
