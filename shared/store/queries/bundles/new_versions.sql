-- Like documents/new_version.sql, for many. Fewer rows than given: a concurrent caller was faster.
-- $1 customer, $2 ids, $3 next versions, $4 titles, $5 metadata or nulls, $6 chunking or nulls,
-- $7 collections to move to or nulls, $8 whether hidden content is read, or nulls, $9 whether their attachments
-- become documents, or nulls
UPDATE documents d
SET latest_version = t.version, title = t.title, title_given = true, metadata = coalesce(t.metadata, d.metadata),
    status = 'queued', stage = NULL, code = NULL, lease_token = d.lease_token + 1, lease_expires_at = NULL,
    attempts = 0, lane = 'bulk', chunking = coalesce(t.chunking, d.chunking),
    collection_id = coalesce(t.collection_id, d.collection_id),
    include_hidden = coalesce(t.include_hidden, d.include_hidden),
    attachments = coalesce(t.attachments, d.attachments),
    resend_at = now() + interval '14 minutes', upload_expires_at = NULL
FROM unnest($2::uuid[], $3::int[], $4::text[], $5::jsonb[], $6::jsonb[], $7::uuid[], $8::boolean[],
            $9::boolean[])
    AS t (id, version, title, metadata, chunking, collection_id, include_hidden, attachments)
WHERE d.customer_id = $1 AND d.id = t.id AND d.latest_version = t.version - 1 AND d.deleted_at IS NULL
RETURNING d.id
