-- Whether the caller named a document, what a page's server answered, and what became of each run of a schedule.

-- Whether the title is a caller's. Otherwise it is the content's own, or the file's name until that is known.
-- Null in rows of before: such a title is a caller's unless it is the file's name or the address.
ALTER TABLE documents ADD COLUMN title_given boolean;

-- With code http_status: what the server answered last.
ALTER TABLE documents ADD COLUMN http_status integer CHECK (http_status BETWEEN 100 AND 999);
ALTER TABLE crawl_pages ADD COLUMN http_status integer CHECK (http_status BETWEEN 100 AND 999);

CREATE FUNCTION title_is_given(d documents) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    AS $$
    SELECT coalesce(d.title_given, d.title IS DISTINCT FROM d.file_name AND d.title IS DISTINCT FROM d.source_url)
    $$;
REVOKE EXECUTE ON FUNCTION title_is_given(documents) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION title_is_given(documents) TO dynrag_app;

-- Runs of scheduled webhooks.
CREATE TABLE webhook_runs (
    customer_id uuid NOT NULL,
    id          uuid NOT NULL,
    webhook_id  uuid NOT NULL,
    planned_at  timestamptz NOT NULL,
    -- Null until `sweep` starts it.
    started_at  timestamptz,
    -- Skipped: its page was being fetched already.
    status      text NOT NULL DEFAULT 'planned' CHECK (status IN
        ('planned', 'started', 'skipped', 'completed', 'failed', 'needs_action')),
    -- Why it could not start, or how its document ended.
    code        text CHECK (code ~ '^[a-z][a-z0-9_]{1,63}$'),
    -- What it fetches. No foreign key: the history outlives the document.
    document_id uuid,
    version     integer CHECK (version > 0),
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, webhook_id) REFERENCES webhooks (customer_id, id) ON DELETE CASCADE,
    CONSTRAINT webhook_runs_started_check CHECK ((status = 'planned') = (started_at IS NULL)),
    CONSTRAINT webhook_runs_has_code CHECK ((status IN ('failed', 'needs_action')) = (code IS NOT NULL))
);
SELECT protect_tenant_table('webhook_runs');
CREATE INDEX webhook_runs_list ON webhook_runs (customer_id, webhook_id, created_at DESC, id DESC);
CREATE INDEX webhook_runs_document ON webhook_runs (customer_id, document_id, version);
CREATE INDEX webhook_runs_age ON webhook_runs (created_at);

-- How a run ends is how the version ends that it fetches.
CREATE FUNCTION record_run_ended() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    UPDATE webhook_runs SET status = NEW.status, code = NEW.code
    WHERE customer_id = NEW.customer_id AND document_id = NEW.id AND version = NEW.latest_version
      AND status IN ('started', 'failed', 'needs_action');
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION record_run_ended() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION record_run_ended() TO dynrag_app, dynrag_definer;
CREATE TRIGGER record_run_ended AFTER UPDATE ON documents
    FOR EACH ROW WHEN (
        NEW.source = 'url' AND OLD.status <> NEW.status AND NEW.status IN ('completed', 'failed', 'needs_action'))
    EXECUTE FUNCTION record_run_ended();

CREATE POLICY definer ON webhook_runs TO dynrag_definer USING (true) WITH CHECK (true);
GRANT SELECT, UPDATE, DELETE ON webhook_runs TO dynrag_definer;
GRANT CREATE ON SCHEMA public TO dynrag_definer;

-- Runs a month old, as notices.
CREATE FUNCTION sweep_old_runs(most integer) RETURNS bigint
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    WITH old AS (
        SELECT customer_id, id FROM webhook_runs WHERE created_at < now() - interval '30 days'
        LIMIT most FOR UPDATE SKIP LOCKED
    ), gone AS (
        DELETE FROM webhook_runs r USING old
        WHERE r.customer_id = old.customer_id AND r.id = old.id RETURNING 1
    )
    SELECT count(*) FROM gone
    $$;
ALTER FUNCTION sweep_old_runs(integer) OWNER TO dynrag_definer;
REVOKE CREATE ON SCHEMA public FROM dynrag_definer;
REVOKE EXECUTE ON FUNCTION sweep_old_runs(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sweep_old_runs(integer) TO dynrag_app;
