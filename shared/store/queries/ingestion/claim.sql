-- Takes the lease of a document for one version and says all the work needs to know. No row: the
-- job is moot (done, overtaken by a later version, deleted) or somebody else's lease is alive.
-- $1 customer, $2 id, $3 version, $4 lease in seconds
WITH claimed AS (
    UPDATE documents
    SET status = 'processing', stage = 'extracting', code = NULL,
        lease_token = lease_token + 1, attempts = attempts + 1,
        lease_expires_at = now() + make_interval(secs => $4),
        resend_at = now() + make_interval(secs => $4)
    WHERE customer_id = $1 AND id = $2 AND latest_version = $3 AND deleted_at IS NULL
      AND (status = 'queued' OR (status = 'processing' AND lease_expires_at <= now()))
    RETURNING customer_id, id, latest_version, published_version, lease_token, attempts, title, metadata
)
SELECT c.lease_token, c.attempts, c.title, c.metadata, c.published_version,
       v.object_id, v.bundle_offset, v.bytes, v.format, v.content_hash,
       p.content_hash AS published_hash,
       g.max_file_bytes, g.allowed_types, g.chunk_size, g.chunk_overlap, g.embedding_model
FROM claimed c
JOIN document_versions v ON (v.customer_id, v.document_id, v.version) = (c.customer_id, c.id, c.latest_version)
LEFT JOIN document_versions p ON (p.customer_id, p.document_id, p.version) = (c.customer_id, c.id, c.published_version)
JOIN customer_config g ON g.customer_id = c.customer_id
