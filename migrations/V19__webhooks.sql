-- Webhooks: addresses that take documents in, pages that are fetched again and again, and notices of how
-- documents ended.

ALTER TABLE webhooks
    -- SHA-256 of the token of a manual one.
    ADD COLUMN token_hash              bytea CHECK (octet_length(token_hash) = 32),
    -- What was rotated away, and until when it is good still.
    ADD COLUMN previous_secret_version integer,
    ADD COLUMN previous_token_hash     bytea CHECK (octet_length(previous_token_hash) = 32),
    ADD COLUMN previous_until          timestamptz,
    -- An IANA name; UTC where it is null.
    ADD COLUMN time_zone               text CHECK (char_length(time_zone) BETWEEN 1 AND 64),
    -- When `sweep` runs it; null while it is not to run.
    ADD COLUMN next_run_at             timestamptz,
    ADD COLUMN disabled_reason         text CHECK (disabled_reason IN ('gone', 'failing')),
    -- Since when nothing but failures came of its deliveries.
    ADD COLUMN failing_since           timestamptz,
    ADD COLUMN last_triggered_at       timestamptz;
ALTER TABLE webhooks
    ADD CONSTRAINT webhooks_is_disabled CHECK ((status = 'disabled') = (disabled_reason IS NOT NULL)) NOT VALID,
    ADD CONSTRAINT webhooks_has_url CHECK ((trigger_type = 'manual') = (url IS NULL)) NOT VALID,
    ADD CONSTRAINT webhooks_has_next_run
        CHECK ((trigger_type = 'scheduled' AND status = 'active') = (next_run_at IS NOT NULL)) NOT VALID,
    ADD CONSTRAINT webhooks_known_events CHECK (events <@
        '{document.completed,document.failed,document.needs_action,document.deleted}') NOT VALID,
    ADD CONSTRAINT webhooks_has_events CHECK ((trigger_type = 'event') = (events <> '{}')) NOT VALID;
-- By its id alone: an address of ours names no customer.
CREATE INDEX webhooks_id ON webhooks (id) WHERE trigger_type = 'manual';
CREATE INDEX webhooks_events ON webhooks (customer_id) WHERE trigger_type = 'event' AND status = 'active';
CREATE INDEX webhooks_due ON webhooks (next_run_at) WHERE next_run_at IS NOT NULL;

-- Notices, one for each webhook and end of a document. A row is its own outbox: until it has ended,
-- `resend_at` says when `sweep` puts its message into the queue (again).
CREATE TABLE webhook_deliveries (
    customer_id     uuid NOT NULL,
    -- What the receiver knows it by, on every try (webhook-id).
    id              uuid NOT NULL,
    webhook_id      uuid NOT NULL,
    event           text NOT NULL CHECK (event IN ('document.completed', 'document.failed', 'document.needs_action',
                        'document.deleted', 'webhook.test')),
    -- No foreign key: the notice of a deletion outlives its document.
    document_id     uuid,
    payload         jsonb NOT NULL CHECK (jsonb_typeof(payload) = 'object'),
    status          text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'delivered', 'failed', 'discarded')),
    -- Tries since it was made, or asked for again.
    attempts        integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    -- Fencing token: grows with each try, and whoever ends a try names it.
    lease_token     bigint NOT NULL DEFAULT 0,
    -- No try begins before: the wait after a failure, or the lease of the try that is under way.
    due_at          timestamptz NOT NULL DEFAULT now(),
    resend_at       timestamptz DEFAULT now(),
    -- What the receiver answered last, or why it gave no answer.
    last_status     integer CHECK (last_status BETWEEN 100 AND 999),
    last_error      text CHECK (last_error ~ '^[a-z][a-z0-9_]{1,63}$'),
    last_attempt_at timestamptz,
    ended_at        timestamptz,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, webhook_id) REFERENCES webhooks (customer_id, id) ON DELETE CASCADE,
    CONSTRAINT webhook_deliveries_resend_check CHECK ((status = 'pending') = (resend_at IS NOT NULL)),
    CONSTRAINT webhook_deliveries_ended_check CHECK ((status = 'pending') = (ended_at IS NULL))
);
SELECT protect_tenant_table('webhook_deliveries');
CREATE INDEX webhook_deliveries_list ON webhook_deliveries (customer_id, webhook_id, created_at DESC, id DESC);
CREATE INDEX webhook_deliveries_document ON webhook_deliveries (customer_id, document_id, webhook_id);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (resend_at) WHERE resend_at IS NOT NULL;
CREATE INDEX webhook_deliveries_age ON webhook_deliveries (created_at);
CREATE TRIGGER touch BEFORE UPDATE ON webhook_deliveries FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

-- The notices of a document that ended, in the transaction in which it did.
CREATE FUNCTION record_deliveries() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    gone  boolean := NEW.deleted_at IS NOT NULL;
    ended text := CASE WHEN gone THEN 'deleted' ELSE NEW.status END;
BEGIN
    INSERT INTO webhook_deliveries (customer_id, id, webhook_id, event, document_id, payload)
    SELECT NEW.customer_id, gen_random_uuid(), w.id, 'document.' || ended, NEW.id,
           jsonb_build_object(
               'type', 'document.' || ended,
               'timestamp', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
               'data', jsonb_strip_nulls(jsonb_build_object(
                   'docId', NEW.id, 'version', NEW.latest_version, 'status', ended,
                   'code', CASE WHEN gone THEN NULL ELSE NEW.code END,
                   'title', NEW.title, 'externalId', NEW.external_id))
               -- Beside what is stripped: a null within it is the customer's.
               || CASE NEW.metadata WHEN '{}' THEN '{}' ELSE jsonb_build_object('metadata', NEW.metadata) END)
    FROM webhooks w
    WHERE w.customer_id = NEW.customer_id AND w.trigger_type = 'event' AND w.status = 'active'
      AND 'document.' || ended = ANY (w.events)
      -- What waits for a budget is tried by itself every hour, and is no news the second time.
      AND NOT (NEW.code = 'budget_exceeded' AND NOT gone AND EXISTS (
          SELECT 1 FROM webhook_deliveries d
          WHERE d.customer_id = NEW.customer_id AND d.document_id = NEW.id AND d.webhook_id = w.id
            AND d.payload -> 'data' ->> 'code' = 'budget_exceeded'
            AND (d.payload -> 'data' ->> 'version')::integer = NEW.latest_version));
    RETURN NULL;
END $$;
GRANT EXECUTE ON FUNCTION record_deliveries() TO dynrag_app, dynrag_definer;
CREATE TRIGGER record_ended AFTER UPDATE ON documents
    FOR EACH ROW WHEN (
        OLD.deleted_at IS NULL
        AND (NEW.deleted_at IS NOT NULL
             OR OLD.status <> NEW.status AND NEW.status IN ('completed', 'failed', 'needs_action')))
    EXECUTE FUNCTION record_deliveries();

ALTER TABLE audit_log DROP CONSTRAINT audit_log_actor_kind_check;
ALTER TABLE audit_log ADD CONSTRAINT audit_log_actor_kind_check
    CHECK (actor_kind IN ('user', 'api_key', 'system', 'platform_admin', 'webhook')) NOT VALID;

CREATE POLICY definer ON webhooks TO dynrag_definer USING (true) WITH CHECK (true);
CREATE POLICY definer ON webhook_deliveries TO dynrag_definer USING (true) WITH CHECK (true);
GRANT SELECT, UPDATE ON webhooks TO dynrag_definer;
-- INSERT for the trigger, should a function of the definer's ever end a document.
GRANT SELECT, INSERT, UPDATE, DELETE ON webhook_deliveries TO dynrag_definer;
GRANT CREATE ON SCHEMA public TO dynrag_definer;

-- What verifies a request to a webhook's address, before anybody is known. No row for one that takes none:
-- unknown, of another kind, paused, disabled, its customer deleted.
CREATE FUNCTION find_webhook(wanted uuid)
    RETURNS TABLE (customer_id uuid, name text, token_hashes bytea[], wrapped_data_key bytea,
                   versions integer[], nonces bytea[], ciphertexts bytea[])
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    SELECT w.customer_id, w.name,
           array_remove(ARRAY[w.token_hash,
               CASE WHEN w.previous_until > now() THEN w.previous_token_hash END], NULL),
           c.wrapped_data_key,
           coalesce(array_agg(s.version ORDER BY s.version DESC) FILTER (WHERE s.version IS NOT NULL), '{}'),
           coalesce(array_agg(s.nonce ORDER BY s.version DESC) FILTER (WHERE s.version IS NOT NULL), '{}'),
           coalesce(array_agg(s.ciphertext ORDER BY s.version DESC) FILTER (WHERE s.version IS NOT NULL), '{}')
    FROM webhooks w
    JOIN customers c ON c.id = w.customer_id AND c.status <> 'deleted' AND c.wrapped_data_key IS NOT NULL
    LEFT JOIN customer_secrets s ON s.customer_id = w.customer_id AND s.purpose = 'webhook'
        AND (s.version = w.secret_version OR s.version = w.previous_secret_version AND w.previous_until > now())
    WHERE w.id = wanted AND w.trigger_type = 'manual' AND w.status = 'active'
    GROUP BY w.customer_id, w.id, c.id
    $$;

-- A webhook whose token or signature was verified.
CREATE FUNCTION admit_webhook(tenant uuid, webhook uuid, route text, class text) RETURNS SETOF admission
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
DECLARE
    a admission;
BEGIN
    SELECT w.customer_id, w.id INTO a.customer_id, a.principal_id FROM webhooks w
        WHERE w.customer_id = tenant AND w.id = webhook AND w.trigger_type = 'manual' AND w.status = 'active';
    IF NOT FOUND THEN
        a.verdict := 'unauthenticated';
        RETURN NEXT a;
        RETURN;
    END IF;
    a.platform_admin := false;
    a.scopes := '{documents:write}';
    a := admit_customer(a, route, class, NULL);
    -- Once a minute, as for keys.
    UPDATE webhooks SET last_triggered_at = now()
        WHERE customer_id = tenant AND id = webhook
          AND (last_triggered_at IS NULL OR last_triggered_at < now() - interval '1 minute');
    RETURN NEXT a;
END $$;

-- Scheduled webhooks whose time has come. Each is put off as it is handed out, by a lease: whoever ran it
-- says when it runs next, and what a dead sweep has taken comes again.
CREATE FUNCTION sweep_schedules(most integer)
    RETURNS TABLE (customer_id uuid, id uuid, name text, url text, schedule text, time_zone text,
                   planned timestamptz, leased timestamptz)
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    UPDATE webhooks w SET next_run_at = now() + interval '10 minutes'
    FROM (SELECT q.customer_id, q.id, q.next_run_at FROM webhooks q JOIN customers c ON c.id = q.customer_id
          WHERE q.next_run_at <= now() AND c.status = 'active'
          ORDER BY q.next_run_at LIMIT most FOR UPDATE OF q SKIP LOCKED) due
    WHERE w.customer_id = due.customer_id AND w.id = due.id
    RETURNING w.customer_id, w.id, w.name, w.url, w.schedule, w.time_zone, due.next_run_at, w.next_run_at
    $$;

-- Deliveries whose message is to be sent; each is put off as it is handed out.
CREATE FUNCTION sweep_deliveries(most integer) RETURNS TABLE (customer_id uuid, id uuid)
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    UPDATE webhook_deliveries d SET resend_at = now() + interval '5 minutes'
    FROM (SELECT q.customer_id, q.id FROM webhook_deliveries q JOIN customers c ON c.id = q.customer_id
          WHERE q.resend_at <= now() AND c.status = 'active'
          ORDER BY q.resend_at LIMIT most FOR UPDATE OF q SKIP LOCKED) due
    WHERE d.customer_id = due.customer_id AND d.id = due.id
    RETURNING d.customer_id, d.id
    $$;

-- Deliveries a month old, however they ended.
CREATE FUNCTION sweep_old_deliveries(most integer) RETURNS bigint
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    WITH old AS (
        SELECT customer_id, id FROM webhook_deliveries WHERE created_at < now() - interval '30 days'
        LIMIT most FOR UPDATE SKIP LOCKED
    ), gone AS (
        DELETE FROM webhook_deliveries d USING old
        WHERE d.customer_id = old.customer_id AND d.id = old.id RETURNING 1
    )
    SELECT count(*) FROM gone
    $$;

ALTER FUNCTION find_webhook(uuid) OWNER TO dynrag_definer;
ALTER FUNCTION admit_webhook(uuid, uuid, text, text) OWNER TO dynrag_definer;
ALTER FUNCTION sweep_schedules(integer) OWNER TO dynrag_definer;
ALTER FUNCTION sweep_deliveries(integer) OWNER TO dynrag_definer;
ALTER FUNCTION sweep_old_deliveries(integer) OWNER TO dynrag_definer;
REVOKE CREATE ON SCHEMA public FROM dynrag_definer;
GRANT EXECUTE ON FUNCTION find_webhook(uuid), admit_webhook(uuid, uuid, text, text), sweep_schedules(integer),
    sweep_deliveries(integer), sweep_old_deliveries(integer) TO dynrag_app;
