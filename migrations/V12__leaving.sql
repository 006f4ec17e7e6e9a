-- Taking one's data along, and leaving.

-- Long work a customer asked for.
CREATE TABLE jobs (
    customer_id uuid NOT NULL REFERENCES customers ON DELETE CASCADE,
    id          uuid NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('export')),
    status      text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'running', 'completed', 'failed')),
    code        text CHECK (code ~ '^[a-z][a-z0-9_]{1,63}$'),
    -- How far it is: the files there are, and after which document to go on.
    progress    jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(progress) = 'object'),
    attempts    integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    -- When sweep sends it again; null once it has ended.
    resend_at   timestamptz,
    finished_at timestamptz,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, id),
    CHECK ((status = 'failed') = (code IS NOT NULL)),
    CHECK ((status IN ('completed', 'failed')) = (finished_at IS NOT NULL)),
    CHECK ((finished_at IS NULL) = (resend_at IS NOT NULL))
);
SELECT protect_tenant_table('jobs');
CREATE UNIQUE INDEX jobs_one_at_a_time ON jobs (customer_id, kind) WHERE finished_at IS NULL;
CREATE INDEX jobs_due ON jobs (resend_at) WHERE resend_at IS NOT NULL;
CREATE TRIGGER touch BEFORE UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

-- A customer that is deleted is hidden at once, its data key is gone, and what is left is removed by a
-- task; when the task was lost, sweep sends it again.
ALTER TABLE customers ADD COLUMN erase_at timestamptz;
ALTER TABLE customers ADD CHECK ((status = 'deleted') = (erase_at IS NOT NULL)) NOT VALID;
CREATE INDEX customers_erasure ON customers (erase_at) WHERE erase_at IS NOT NULL;

ALTER TABLE sessions DROP CONSTRAINT sessions_end_reason_check;
ALTER TABLE sessions ADD CONSTRAINT sessions_end_reason_check CHECK (end_reason IN
    ('logout', 'password_changed', 'password_reset', 'token_reused', 'user_disabled', 'secrets_rotated',
     'account_deleted'));

CREATE POLICY definer ON jobs TO dynrag_definer USING (true) WITH CHECK (true);
GRANT SELECT, UPDATE, DELETE ON jobs TO dynrag_definer;
GRANT CREATE ON SCHEMA public TO dynrag_definer;

-- Jobs whose message seems to be lost; each is put off as it is handed out.
CREATE FUNCTION sweep_jobs(most integer) RETURNS TABLE (customer_id uuid, id uuid)
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    UPDATE jobs j SET resend_at = now() + interval '10 minutes'
    FROM (SELECT q.customer_id, q.id FROM jobs q WHERE q.resend_at <= now()
          ORDER BY q.resend_at LIMIT most FOR UPDATE SKIP LOCKED) due
    WHERE j.customer_id = due.customer_id AND j.id = due.id
    RETURNING j.customer_id, j.id
    $$;

-- Customers that are deleted and not gone yet.
CREATE FUNCTION sweep_erasures(most integer) RETURNS TABLE (customer_id uuid)
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    UPDATE customers c SET erase_at = now() + interval '10 minutes'
    FROM (SELECT q.id FROM customers q WHERE q.erase_at <= now()
          ORDER BY q.erase_at LIMIT most FOR UPDATE SKIP LOCKED) due
    WHERE c.id = due.id
    RETURNING c.id
    $$;

-- Jobs that ended a month ago; their files are gone for long.
CREATE FUNCTION sweep_old_jobs() RETURNS bigint
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    WITH gone AS (DELETE FROM jobs WHERE finished_at < now() - interval '30 days' RETURNING 1)
    SELECT count(*) FROM gone
    $$;

ALTER FUNCTION sweep_jobs(integer) OWNER TO dynrag_definer;
ALTER FUNCTION sweep_erasures(integer) OWNER TO dynrag_definer;
ALTER FUNCTION sweep_old_jobs() OWNER TO dynrag_definer;
REVOKE CREATE ON SCHEMA public FROM dynrag_definer;
GRANT EXECUTE ON FUNCTION sweep_jobs(integer), sweep_erasures(integer), sweep_old_jobs() TO dynrag_app;
