-- Points a document at its next version and queues it. No row: a concurrent caller has taken that version. A worker
-- that holds the older version loses its lease because the token grows.
-- $1 customer, $2 id, $3 next version, $4 title, $5 metadata or null, $6 file name, $7 source url, $8 lane, $9 chunking
-- or null, $10 whether it moves, $11 the collection to move to or null, $12 whether hidden content is read, or null,
-- $13 whether attachments become documents, or null, $14 whether the title is a caller's: no other replaces the present
-- one
UPDATE documents
SET latest_version = $3, title = CASE WHEN $14 THEN $4 ELSE title END,
    title_given = $14 OR title_is_given(documents), metadata = coalesce($5, metadata), file_name = coalesce($6, file_name),
    status = 'queued', stage = NULL, code = NULL, lease_token = lease_token + 1, lease_expires_at = NULL,
    attempts = 0, lane = $8, slow = false, put_off_at = NULL, chunking = coalesce($9, chunking),
    collection_id = CASE WHEN $10 THEN $11 ELSE collection_id END,
    include_hidden = coalesce($12, include_hidden), attachments = coalesce($13, attachments),
    source_url = coalesce($7, source_url), resend_at = now() + interval '10 minutes', upload_expires_at = NULL
WHERE customer_id = $1 AND id = $2 AND latest_version = $3 - 1 AND deleted_at IS NULL
RETURNING id
