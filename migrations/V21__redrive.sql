-- Operators queue documents again that ended badly, of one customer or of all.

-- Those that can be: of customers who are active, with one of these codes, that ended within a time. What has no
-- original cannot be tried again.
CREATE FUNCTION may_redrive(d documents, codes text[], tenant uuid, since timestamptz, before timestamptz)
    RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
    SELECT d.status IN ('failed', 'needs_action') AND d.deleted_at IS NULL AND d.code <> 'upload_expired'
       AND d.code = ANY (codes) AND (tenant IS NULL OR d.customer_id = tenant)
       AND (since IS NULL OR d.updated_at >= since) AND d.updated_at < before
       AND EXISTS (SELECT FROM customers c WHERE c.id = d.customer_id AND c.status = 'active')
    $$;

-- How many there are, by code.
CREATE FUNCTION count_redrivable(codes text[], tenant uuid, since timestamptz, before timestamptz)
    RETURNS TABLE (code text, documents bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    SELECT d.code, count(*) FROM documents d
    WHERE may_redrive(d, codes, tenant, since, before)
    GROUP BY d.code ORDER BY d.code
    $$;

-- Queues some of them again and writes it into their customers' logs; `sweep` sends the jobs, in the lane of what
-- comes in bulk. How many.
CREATE FUNCTION redrive_documents(codes text[], tenant uuid, since timestamptz, before timestamptz, most integer)
    RETURNS bigint
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    WITH due AS (
        SELECT d.customer_id, d.id, d.code FROM documents d
        WHERE may_redrive(d, codes, tenant, since, before)
        LIMIT most FOR UPDATE SKIP LOCKED
    ), queued AS (
        UPDATE documents d
        SET status = 'queued', code = NULL, attempts = 0, lane = 'bulk', lease_token = d.lease_token + 1,
            resend_at = now()
        FROM due WHERE d.customer_id = due.customer_id AND d.id = due.id
        RETURNING d.customer_id, d.id, d.latest_version, due.code
    ), told AS (
        INSERT INTO audit_log (customer_id, id, actor_kind, action, target_id, details)
        SELECT q.customer_id, gen_random_uuid(), 'system', 'document.retried', q.id,
               jsonb_build_object('version', q.latest_version, 'code', q.code)
        FROM queued q
        RETURNING 1
    )
    SELECT count(*) FROM told
    $$;

GRANT CREATE ON SCHEMA public TO dynrag_definer;
ALTER FUNCTION count_redrivable(text[], uuid, timestamptz, timestamptz) OWNER TO dynrag_definer;
ALTER FUNCTION redrive_documents(text[], uuid, timestamptz, timestamptz, integer) OWNER TO dynrag_definer;
REVOKE CREATE ON SCHEMA public FROM dynrag_definer;
GRANT EXECUTE ON FUNCTION may_redrive(documents, text[], uuid, timestamptz, timestamptz) TO dynrag_definer;
GRANT EXECUTE ON FUNCTION count_redrivable(text[], uuid, timestamptz, timestamptz),
    redrive_documents(text[], uuid, timestamptz, timestamptz, integer) TO dynrag_app;
