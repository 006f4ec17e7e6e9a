-- Superseded versions go when their time is over.

-- Set as a version begins to go: from then on nobody may make a new version of it.
ALTER TABLE document_versions ADD COLUMN retired_at timestamptz;
CREATE INDEX document_versions_old ON document_versions (coalesce(superseded_at, updated_at)) WHERE status <> 'published';
CREATE INDEX document_versions_retired ON document_versions (customer_id) WHERE retired_at IS NOT NULL;
-- When the customer's versions were last looked at.
ALTER TABLE customer_config ADD COLUMN retention_swept_at timestamptz;

-- Whether a version's time is over. The newest and the published one stay whatever their age, and so does one
-- whose original a later version is made of.
CREATE FUNCTION is_over(v document_versions, retention_days integer) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
    SELECT v.status <> 'published'
       AND coalesce(v.superseded_at, v.updated_at) < now() - make_interval(days => retention_days)
       AND NOT EXISTS (
           SELECT FROM documents d
           WHERE d.customer_id = v.customer_id AND d.id = v.document_id
             AND (d.latest_version = v.version OR d.published_version = v.version OR d.deleted_at IS NOT NULL))
       AND NOT EXISTS (
           SELECT FROM document_versions later
           WHERE later.customer_id = v.customer_id AND later.document_id = v.document_id
             AND later.original_version = v.version AND later.version <> v.version)
    $$;
GRANT EXECUTE ON FUNCTION is_over(document_versions, integer) TO dynrag_app, dynrag_definer;

GRANT CREATE ON SCHEMA public TO dynrag_definer;
-- Customers with versions whose time is over, each once an hour.
CREATE FUNCTION sweep_retention(most integer) RETURNS TABLE (customer_id uuid)
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    WITH due AS (
        SELECT c.customer_id FROM customer_config c
        WHERE (c.retention_swept_at IS NULL OR c.retention_swept_at < now() - interval '1 hour')
          AND EXISTS (SELECT FROM document_versions v
                      WHERE v.customer_id = c.customer_id AND is_over(v, c.retention_days))
        ORDER BY c.retention_swept_at NULLS FIRST LIMIT most FOR UPDATE SKIP LOCKED
    )
    UPDATE customer_config c SET retention_swept_at = now()
    FROM due WHERE c.customer_id = due.customer_id
    RETURNING c.customer_id
    $$;
ALTER FUNCTION sweep_retention(integer) OWNER TO dynrag_definer;
REVOKE CREATE ON SCHEMA public FROM dynrag_definer;
GRANT EXECUTE ON FUNCTION sweep_retention(integer) TO dynrag_app;
