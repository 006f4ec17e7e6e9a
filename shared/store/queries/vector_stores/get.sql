-- Collections and how many of their documents have which status. $1 customer, $2 ids
SELECT c.id, c.name, c.description, c.chunking, c.metadata, c.created_at, c.updated_at,
       coalesce(f.completed, 0) AS completed, coalesce(f.failed, 0) AS failed, coalesce(f.in_progress, 0) AS in_progress,
       coalesce(f.bytes, 0) AS bytes, f.last_at
FROM collections c
LEFT JOIN LATERAL (
    SELECT count(*) FILTER (WHERE d.status = 'completed') AS completed,
           count(*) FILTER (WHERE d.status IN ('failed', 'needs_action')) AS failed,
           count(*) FILTER (WHERE d.status NOT IN ('completed', 'failed', 'needs_action')) AS in_progress,
           sum(v.bytes)::bigint AS bytes, max(d.updated_at) AS last_at
    FROM documents d
    JOIN document_versions v ON (v.customer_id, v.document_id, v.version)
        = (d.customer_id, d.id, coalesce(d.published_version, d.latest_version))
    WHERE d.customer_id = $1 AND d.collection_id = c.id AND d.deleted_at IS NULL
) f ON true
WHERE c.customer_id = $1 AND c.id = ANY ($2)
