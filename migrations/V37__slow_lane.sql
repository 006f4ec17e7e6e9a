-- Documents that take long to read have a lane of their own, of which each customer has a share: one customer cannot
-- hold up the others.

ALTER TABLE documents
    -- Reading it took longer than the other lanes grant, or may.
    ADD COLUMN slow boolean NOT NULL DEFAULT false,
    -- Its message was dropped, as its customer had its share at work. The end of another document sends it again.
    ADD COLUMN put_off_at timestamptz;
CREATE INDEX documents_slow ON documents (customer_id, status, updated_at) WHERE slow;
CREATE INDEX documents_slow_waiting ON documents (customer_id) WHERE slow AND status = 'queued' AND deleted_at IS NULL;
CREATE INDEX documents_put_off ON documents (customer_id, put_off_at) WHERE put_off_at IS NOT NULL;

-- Whether a version of a document is read in the slow lane: it was too slow for the other lanes; or it may be, by its
-- type and size, and its customer has `most` slow ones open or two that timed out in the last ten minutes. A small file
-- that is not packed is quick whatever it holds.
CREATE FUNCTION takes_slow_lane(d documents, v document_versions, most integer) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
    SELECT d.slow OR (
        (v.format IN ('pdf', 'docx', 'pptx', 'xlsx', 'odt', 'epub') OR coalesce(v.bytes, 65536) >= 65536)
        AND (
            most <= (SELECT count(*) FROM (
                SELECT FROM documents o
                WHERE o.customer_id = d.customer_id AND o.slow AND o.status IN ('queued', 'processing')
                  AND o.deleted_at IS NULL
                LIMIT most) AS open)
            OR 2 <= (SELECT count(*) FROM (
                SELECT FROM documents o
                WHERE o.customer_id = d.customer_id AND o.slow AND o.status = 'failed'
                  AND o.updated_at > now() - interval '10 minutes' AND o.code = 'extraction_timeout'
                LIMIT 2) AS timed_out)))
    $$;

-- Whether documents of other customers wait in the slow lane. Asked in two ranges: a long backlog of the customer's own
-- is not read.
CREATE FUNCTION others_wait_in_slow_lane(tenant uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    SELECT EXISTS (SELECT FROM documents d
                   WHERE d.customer_id < tenant AND d.slow AND d.status = 'queued' AND d.deleted_at IS NULL)
        OR EXISTS (SELECT FROM documents d
                   WHERE d.customer_id > tenant AND d.slow AND d.status = 'queued' AND d.deleted_at IS NULL)
    $$;

GRANT CREATE ON SCHEMA public TO dynrag_definer;
ALTER FUNCTION others_wait_in_slow_lane(uuid) OWNER TO dynrag_definer;
REVOKE CREATE ON SCHEMA public FROM dynrag_definer;
GRANT EXECUTE ON FUNCTION takes_slow_lane(documents, document_versions, integer), others_wait_in_slow_lane(uuid)
    TO dynrag_app;
