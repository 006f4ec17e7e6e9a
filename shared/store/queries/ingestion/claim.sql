-- Claims a document for one version and returns the data that its processing needs. No row: the job is obsolete (done,
-- overtaken by a later version, deleted, for the other function), or another worker's lease is valid. Rows are selected
-- by parameters where possible: joined to each other, they take twice as long to plan.
-- $1 customer, $2 id, $3 version, $4 lease in seconds, $5 whether to fetch its content, $6 number of slow documents
-- from which the customer's large ones are left to the slow lane, as are slow ones, or null: neither is, $7 whether
-- this is the slow lane
WITH claimed AS (
    UPDATE documents d
    SET status = 'processing', stage = CASE WHEN $5 THEN 'fetching' ELSE 'extracting' END, code = NULL,
        lease_token = d.lease_token + 1, attempts = d.attempts + 1,
        lease_expires_at = now() + make_interval(secs => $4),
        resend_at = now() + make_interval(secs => $4), slow = d.slow OR $7, put_off_at = NULL
    FROM document_versions v
    WHERE d.customer_id = $1 AND d.id = $2 AND d.latest_version = $3 AND d.deleted_at IS NULL
      AND v.customer_id = $1 AND v.document_id = $2 AND v.version = $3 AND v.to_fetch = $5
      AND (d.status = 'queued' OR (d.status = 'processing' AND d.lease_expires_at <= now()))
      AND ($6::integer IS NULL OR NOT takes_slow_lane(d, v, $6))
    RETURNING d.published_version, d.lease_token, d.attempts, d.title, title_is_given(d) AS title_given, d.file_name, d.metadata, d.source_url, d.lane, d.chunking,
        d.collection_id, d.include_hidden, d.attachments, v.reprocess, v.bytes, v.format, v.content_hash,
        coalesce(v.original_version, v.version) AS original_version
)
SELECT c.lease_token, c.attempts, c.title, c.title_given, c.file_name, c.metadata, c.published_version, c.source_url, c.lane, c.original_version,
       c.include_hidden, c.attachments, c.collection_id, c.chunking AS own_chunking, c.reprocess, c.bytes, c.format, c.content_hash, o.object_id, o.bundle_offset,
       p.content_hash AS published_hash, p.etag AS published_etag, p.last_modified AS published_last_modified,
       g.max_file_bytes, g.max_pages, g.max_characters, g.max_document_chunks, g.max_chunks, g.allowed_types, coalesce(c.chunking, l.chunking, chunking_of(g)) AS chunking, g.embedding_model
FROM claimed c
JOIN document_versions o ON o.customer_id = $1 AND o.document_id = $2 AND o.version = c.original_version
LEFT JOIN document_versions p ON p.customer_id = $1 AND p.document_id = $2 AND p.version = c.published_version
LEFT JOIN collections l ON l.customer_id = $1 AND l.id = c.collection_id
JOIN customer_config g ON g.customer_id = $1
