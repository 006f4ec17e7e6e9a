-- Documents that are fetched from the web, and crawls.

ALTER TABLE documents DROP CONSTRAINT documents_source_check;
ALTER TABLE documents ADD CONSTRAINT documents_source_check
    CHECK (source IN ('api', 'file', 'presigned', 'url', 'webhook')) NOT VALID;
ALTER TABLE documents DROP CONSTRAINT documents_stage_check;
ALTER TABLE documents ADD CONSTRAINT documents_stage_check
    CHECK (stage IN ('fetching', 'extracting', 'chunking', 'embedding', 'storing')) NOT VALID;
-- Where the content comes from, normalised. A document without an id of the caller's own is known by it.
ALTER TABLE documents ADD COLUMN source_url text CHECK (char_length(source_url) BETWEEN 1 AND 2048);
CREATE UNIQUE INDEX documents_source_url_key ON documents (customer_id, source_url)
    WHERE deleted_at IS NULL AND external_id IS NULL;

-- The content is still to be fetched: the document's jobs are the fetch function's.
ALTER TABLE document_versions ADD COLUMN to_fetch boolean NOT NULL DEFAULT false;
-- What the server calls this copy, by which it tells whether there is another.
ALTER TABLE document_versions ADD COLUMN etag text CHECK (char_length(etag) <= 512);
ALTER TABLE document_versions ADD COLUMN last_modified text CHECK (char_length(last_modified) <= 64);

ALTER TABLE jobs DROP CONSTRAINT jobs_kind_check;
ALTER TABLE jobs ADD CONSTRAINT jobs_kind_check CHECK (kind IN ('export', 'crawl', 'regenerate')) NOT VALID;
DROP INDEX jobs_one_at_a_time;
CREATE UNIQUE INDEX jobs_one_at_a_time ON jobs (customer_id, kind)
    WHERE finished_at IS NULL AND kind IN ('export', 'regenerate');

-- The frontier of a crawl: pages it has met, each once.
CREATE TABLE crawl_pages (
    customer_id      uuid NOT NULL,
    job_id           uuid NOT NULL,
    -- SHA-256 of the normalised URL.
    url_hash         bytea NOT NULL CHECK (octet_length(url_hash) = 32),
    url              text NOT NULL CHECK (char_length(url) BETWEEN 1 AND 2048),
    -- In which order they were met.
    position         integer NOT NULL CHECK (position >= 0),
    status           text NOT NULL DEFAULT 'waiting'
                     CHECK (status IN ('waiting', 'stored', 'unchanged', 'skipped', 'failed')),
    -- Why it was skipped or failed.
    code             text CHECK (code ~ '^[a-z][a-z0-9_]{1,63}$'),
    document_id      uuid,
    attempts         integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    -- Whoever fetches it now has it until then; and it is not tried again before.
    lease_expires_at timestamptz,
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, job_id, url_hash),
    FOREIGN KEY (customer_id, job_id) REFERENCES jobs (customer_id, id) ON DELETE CASCADE,
    CHECK ((status IN ('skipped', 'failed')) = (code IS NOT NULL))
);
SELECT protect_tenant_table('crawl_pages');
CREATE INDEX crawl_pages_next ON crawl_pages (customer_id, job_id, position) WHERE status = 'waiting';
CREATE TRIGGER touch BEFORE UPDATE ON crawl_pages FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

-- When a host may be asked again, whoever's crawl asks. Of no tenant, and by hashes only.
CREATE TABLE host_turns (
    host_hash bytea PRIMARY KEY CHECK (octet_length(host_hash) = 32),
    next_at   timestamptz NOT NULL
) WITH (fillfactor = 50);
ALTER TABLE host_turns ENABLE ROW LEVEL SECURITY;
ALTER TABLE host_turns FORCE ROW LEVEL SECURITY;

GRANT CREATE ON SCHEMA public TO dynrag_definer;
CREATE POLICY definer ON host_turns TO dynrag_definer USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON host_turns TO dynrag_definer;
CREATE POLICY definer ON document_versions FOR SELECT TO dynrag_definer USING (true);
GRANT SELECT ON document_versions TO dynrag_definer;

-- Takes the next turn at a host; how many milliseconds to wait for it. A turn more than a minute away
-- is not taken: null, come again later.
CREATE FUNCTION take_host_turn(host bytea, delay_ms integer) RETURNS integer
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    INSERT INTO host_turns AS t (host_hash, next_at)
    VALUES (host, now() + make_interval(secs => delay_ms / 1000.0))
    ON CONFLICT (host_hash) DO UPDATE
        SET next_at = greatest(t.next_at, now()) + make_interval(secs => delay_ms / 1000.0)
        WHERE t.next_at < now() + interval '1 minute'
    RETURNING greatest(0, extract(epoch FROM next_at - now()) * 1000 - delay_ms)::integer
    $$;

CREATE FUNCTION sweep_host_turns() RETURNS bigint
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    WITH gone AS (DELETE FROM host_turns WHERE next_at < now() - interval '1 hour' RETURNING 1)
    SELECT count(*) FROM gone
    $$;

-- As in V15; a document that is still to be fetched goes to another queue.
DROP FUNCTION sweep_documents(integer);
CREATE FUNCTION sweep_documents(most integer)
    RETURNS TABLE (customer_id uuid, id uuid, version integer, deleting boolean, lane text, to_fetch boolean)
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    UPDATE documents d
    SET resend_at = now() + interval '14 minutes',
        status = CASE WHEN d.status = 'processing' AND d.deleted_at IS NULL THEN 'queued' ELSE d.status END,
        stage = CASE WHEN d.deleted_at IS NULL THEN NULL ELSE d.stage END,
        lease_expires_at = CASE WHEN d.deleted_at IS NULL THEN NULL ELSE d.lease_expires_at END
    FROM (SELECT q.customer_id, q.id FROM documents q
          WHERE q.resend_at <= now() AND (q.lease_expires_at IS NULL OR q.lease_expires_at <= now())
          ORDER BY q.resend_at LIMIT most FOR UPDATE SKIP LOCKED) due
    WHERE d.customer_id = due.customer_id AND d.id = due.id
    RETURNING d.customer_id, d.id, d.latest_version, d.deleted_at IS NOT NULL, d.lane,
        (SELECT v.to_fetch FROM document_versions v
         WHERE (v.customer_id, v.document_id, v.version) = (d.customer_id, d.id, d.latest_version))
    $$;

-- As in V12, with the kind.
DROP FUNCTION sweep_jobs(integer);
CREATE FUNCTION sweep_jobs(most integer) RETURNS TABLE (customer_id uuid, id uuid, kind text)
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    UPDATE jobs j SET resend_at = now() + interval '10 minutes'
    FROM (SELECT q.customer_id, q.id FROM jobs q WHERE q.resend_at <= now()
          ORDER BY q.resend_at LIMIT most FOR UPDATE SKIP LOCKED) due
    WHERE j.customer_id = due.customer_id AND j.id = due.id
    RETURNING j.customer_id, j.id, j.kind
    $$;

ALTER FUNCTION take_host_turn(bytea, integer) OWNER TO dynrag_definer;
ALTER FUNCTION sweep_host_turns() OWNER TO dynrag_definer;
ALTER FUNCTION sweep_documents(integer) OWNER TO dynrag_definer;
ALTER FUNCTION sweep_jobs(integer) OWNER TO dynrag_definer;
REVOKE CREATE ON SCHEMA public FROM dynrag_definer;
GRANT EXECUTE ON FUNCTION take_host_turn(bytea, integer), sweep_host_turns(), sweep_documents(integer),
    sweep_jobs(integer) TO dynrag_app;
