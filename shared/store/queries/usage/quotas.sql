-- The usage of everything that has a limit, counted as the limits are checked. $1 customer
SELECT (SELECT count(*) FROM documents WHERE customer_id = $1 AND (deleted_at IS NULL OR purge_at IS NOT NULL)) AS documents,
       c.max_documents::bigint AS max_documents,
       (SELECT coalesce(sum(v.chunks), 0)::bigint FROM documents d
        JOIN document_versions v ON (v.customer_id, v.document_id, v.version) = (d.customer_id, d.id, d.published_version)
        WHERE d.customer_id = $1 AND (d.deleted_at IS NULL OR d.purge_at IS NOT NULL)) AS chunks,
       c.max_chunks::bigint AS max_chunks,
       (SELECT count(*) FROM collections WHERE customer_id = $1) AS collections,
       (SELECT count(*) FROM api_keys
        WHERE customer_id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())) AS keys,
       (SELECT count(*) FROM users WHERE customer_id = $1)
           + (SELECT count(*) FROM invitations WHERE customer_id = $1 AND expires_at > now()) AS users,
       (SELECT count(*) FROM webhooks WHERE customer_id = $1) AS webhooks,
       (SELECT count(*) FROM jobs WHERE customer_id = $1 AND kind = 'crawl' AND finished_at IS NULL) AS crawls,
       (SELECT count(*) FROM jobs WHERE customer_id = $1 AND kind = 'bulk' AND finished_at IS NULL) AS bulk_actions
FROM customer_config c
WHERE c.customer_id = $1
