-- Requests a minute are counted in token buckets: full they hold a minute's quota, and they refill all the time, so that
-- two bursts do not meet at the edge of a window. Reads and searches have a limit apart from everything else's.

-- As many reads as there were requests where the operator allowed more than the default or less than it.
ALTER TABLE customer_config ADD COLUMN reads_per_minute integer NOT NULL DEFAULT 600 CHECK (reads_per_minute > 0);
ALTER TABLE customer_config ALTER COLUMN requests_per_minute SET DEFAULT 120;
ALTER TABLE customer_config ALTER COLUMN requests_per_day SET DEFAULT 50000;
SET LOCAL ROLE dynrag_definer;
UPDATE customer_config SET
    reads_per_minute = CASE WHEN requests_per_minute < 60 THEN requests_per_minute
                            ELSE greatest(reads_per_minute, requests_per_minute) END,
    requests_per_minute = CASE requests_per_minute WHEN 60 THEN 120 ELSE requests_per_minute END,
    requests_per_day = CASE requests_per_day WHEN 10000 THEN 50000 ELSE requests_per_day END;
RESET ROLE;

CREATE TABLE request_buckets (
    customer_id uuid NOT NULL REFERENCES customers ON DELETE CASCADE,
    -- 'key:<id>', 'class:<class>', 'reads' or 'requests'.
    subject     text NOT NULL,
    -- Tokens that were missing at that time. A quota that is changed counts at once: it is not in the row.
    taken       double precision NOT NULL CHECK (taken >= 0),
    counted_at  timestamptz NOT NULL,
    PRIMARY KEY (customer_id, subject)
) WITH (fillfactor = 50);
SELECT protect_tenant_table('request_buckets');
CREATE POLICY definer ON request_buckets TO dynrag_definer USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON request_buckets TO dynrag_definer;

-- The day alone is still counted in a window; those of minutes are over.
GRANT DELETE ON rate_limit_tracker TO dynrag_definer;
SET LOCAL ROLE dynrag_definer;
DELETE FROM rate_limit_tracker WHERE window_kind = 'minute';
RESET ROLE;

-- All limits that apply, one that is used up before the others: [{"policy", "quota", "left", "reset", "window"}]. The release
-- before this one reads the limit_ attributes, which tell of one alone.
ALTER TYPE admission ADD ATTRIBUTE limits jsonb;

-- A customer's configuration as the API shows it.
CREATE OR REPLACE FUNCTION config_of(cfg customer_config) RETURNS jsonb
    LANGUAGE sql STABLE
    AS $$
    SELECT jsonb_build_object(
        'readsPerMinute', cfg.reads_per_minute,
        'requestsPerMinute', cfg.requests_per_minute,
        'requestsPerDay', cfg.requests_per_day,
        'classLimits', cfg.class_limits,
        'maxDocuments', cfg.max_documents,
        'maxFileBytes', cfg.max_file_bytes,
        'maxPages', cfg.max_pages,
        'maxCharacters', cfg.max_characters,
        'maxDocumentChunks', cfg.max_document_chunks,
        'maxChunks', cfg.max_chunks,
        'maxStorageBytes', cfg.max_storage_bytes,
        'invitationsPerDay', cfg.invitations_per_day,
        'platformBudgetUsd', trim_scale(cfg.platform_budget_micro_usd::numeric / 1000000)::text,
        'allowedTypes', to_jsonb(cfg.allowed_types),
        'chunking', chunking_of(cfg),
        'embeddingModel', cfg.embedding_model,
        'monthlyBudgetUsd', trim_scale(cfg.monthly_budget_usd)::text,
        'budgetAlertPercent', cfg.budget_alert_percent,
        'retentionDays', cfg.retention_days)
    $$;

-- Tokens in a bucket now. A request that began before the last one counted refills nothing.
CREATE FUNCTION tokens_left(taken double precision, counted_at timestamptz, quota integer) RETURNS double precision
    LANGUAGE sql STABLE
    AS $$
    SELECT quota - greatest(0, least(taken, quota) - greatest(0, date_part('epoch', now() - counted_at)) * quota / 60)
    $$;
GRANT EXECUTE ON FUNCTION tokens_left(double precision, timestamptz, integer) TO dynrag_definer;

GRANT CREATE ON SCHEMA public TO dynrag_definer;
SET LOCAL ROLE dynrag_definer;

-- Takes a token, if there is one; how many are left, or null.
CREATE FUNCTION take_token(tenant uuid, bucket text, quota integer) RETURNS double precision
    LANGUAGE plpgsql VOLATILE
    AS $$
DECLARE
    rest double precision;
BEGIN
    INSERT INTO request_buckets AS b (customer_id, subject, taken, counted_at) VALUES (tenant, bucket, 1, now())
    ON CONFLICT (customer_id, subject) DO UPDATE
        SET taken = quota - tokens_left(b.taken, b.counted_at, quota) + 1,
            counted_at = greatest(b.counted_at, now())
        WHERE tokens_left(b.taken, b.counted_at, quota) >= 1
    RETURNING quota - b.taken INTO rest;
    RETURN rest;
END $$;

-- As in V7, in the language that keeps its plan.
CREATE OR REPLACE FUNCTION take_from_window(tenant uuid, who text, kind text, quota integer) RETURNS integer
    LANGUAGE plpgsql VOLATILE
    AS $$
DECLARE
    rest integer;
BEGIN
    INSERT INTO rate_limit_tracker AS t (customer_id, subject, window_kind, window_start, count)
    VALUES (tenant, who, kind, date_trunc(kind, now(), 'UTC'), 1)
    ON CONFLICT (customer_id, subject, window_kind) DO UPDATE
        SET count = CASE WHEN t.window_start >= excluded.window_start THEN t.count + 1 ELSE 1 END,
            window_start = greatest(t.window_start, excluded.window_start)
        WHERE t.window_start < excluded.window_start OR t.count < quota
    RETURNING quota - count INTO rest;
    RETURN rest;
END $$;

-- Takes a request from every limit that applies, or from none of them: the key's, the class's, the customer's for a
-- minute and for the day.
--
-- All are looked at before one is taken from. Neither key nor class is the narrower one, so no order of taking could
-- leave each untouched by a refusal of the other. And a refusal takes no lock and writes nothing, however many come.
-- Another request may take the last token between the look and the taking: then this one is refused as well, and what it
-- took is given back while its rows are still locked. All requests take in the same order, which rules deadlocks out.
CREATE FUNCTION take_limits(a admission, cfg customer_config, class text, key_quota integer) RETURNS admission
    LANGUAGE plpgsql VOLATILE
    AS $$
DECLARE
    account  text := CASE WHEN class IN ('read', 'search') THEN 'reads' ELSE 'requests' END;
    policies text[] := ARRAY['key', 'class-' || class, account, 'day'];
    buckets  text[] := ARRAY['key:' || a.principal_id, 'class:' || class, account];
    -- Null where there is no such limit.
    quotas   integer[] := ARRAY[key_quota, (cfg.class_limits ->> class)::integer,
        CASE account WHEN 'reads' THEN cfg.reads_per_minute ELSE cfg.requests_per_minute END, cfg.requests_per_day];
    today    timestamptz := date_trunc('day', now(), 'UTC');
    midnight integer := ceil(date_part('epoch', today + interval '1 day' - now()));
    -- What is left of each.
    rest     double precision[];
    found    double precision;
    counted  integer;
    refused  boolean;
    -- The limit that the release before this one is told of: the tightest, or the one that is used up longest.
    named    integer;
    reset    integer;
    longest  integer := 0;
    entry    jsonb;
    told     jsonb := '[]';
BEGIN
    FOR i IN 1..3 LOOP
        CONTINUE WHEN quotas[i] IS NULL;
        SELECT tokens_left(b.taken, b.counted_at, quotas[i]) INTO found
            FROM request_buckets b WHERE b.customer_id = a.customer_id AND b.subject = buckets[i];
        rest[i] := coalesce(found, quotas[i]);
    END LOOP;
    SELECT t.count INTO counted FROM rate_limit_tracker t
        WHERE t.customer_id = a.customer_id AND t.subject = 'customer' AND t.window_kind = 'day'
          AND t.window_start >= today;
    rest[4] := greatest(0, quotas[4] - coalesce(counted, 0));
    refused := coalesce(1 > ANY (rest), false);

    FOR i IN 1..4 LOOP
        EXIT WHEN refused;
        CONTINUE WHEN quotas[i] IS NULL;
        IF i < 4 THEN
            rest[i] := take_token(a.customer_id, buckets[i], quotas[i]);
        ELSE
            rest[i] := take_from_window(a.customer_id, 'customer', 'day', quotas[i]);
        END IF;
        IF rest[i] IS NULL THEN
            refused := true;
            rest[i] := 0;
            UPDATE request_buckets b SET taken = greatest(0, b.taken - 1)
                FROM unnest(buckets[1:i - 1], quotas[1:i - 1]) AS l (subject, quota)
                WHERE b.customer_id = a.customer_id AND b.subject = l.subject AND l.quota IS NOT NULL;
            FOR earlier IN 1..i - 1 LOOP
                rest[earlier] := rest[earlier] + 1;
            END LOOP;
        END IF;
    END LOOP;

    FOR i IN 1..4 LOOP
        CONTINUE WHEN quotas[i] IS NULL;
        -- Until the day is over, a token is there, the bucket is full.
        reset := CASE WHEN i = 4 THEN midnight
                      WHEN refused AND rest[i] < 1 THEN ceil((1 - rest[i]) * 60 / quotas[i])
                      ELSE ceil((quotas[i] - rest[i]) * 60 / quotas[i]) END;
        entry := jsonb_build_object('policy', policies[i], 'quota', quotas[i], 'left', floor(rest[i]),
            'reset', reset, 'window', CASE i WHEN 4 THEN 86400 ELSE 60 END);
        IF refused AND rest[i] < 1 AND reset > longest THEN
            named := i;
            longest := reset;
            told := entry || told;
        ELSE
            IF NOT refused AND (named IS NULL OR rest[i] < rest[named]) THEN
                named := i;
                longest := reset;
            END IF;
            told := told || entry;
        END IF;
    END LOOP;
    a.limits := told;
    a.limit_quota := quotas[named];
    a.limit_left := floor(rest[named]);
    a.limit_reset := longest;
    a.limit_window := CASE named WHEN 4 THEN 86400 ELSE 60 END;
    IF refused THEN
        a.verdict := 'rate_limited';
    END IF;
    RETURN a;
END $$;

-- Drops buckets that nobody took from for a day, which are full: those of revoked keys go with them.
CREATE FUNCTION sweep_buckets() RETURNS bigint
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    WITH gone AS (DELETE FROM request_buckets WHERE counted_at < now() - interval '1 day' RETURNING 1)
    SELECT count(*) FROM gone
    $$;

-- As in V17, with the limits in a function of their own, and who pays.
CREATE OR REPLACE FUNCTION admit_customer(a admission, route text, class text, key_quota integer) RETURNS admission
    LANGUAGE plpgsql VOLATILE
    AS $$
DECLARE
    customer_status text;
    cfg  customer_config;
BEGIN
    SELECT status INTO customer_status FROM customers WHERE id = a.customer_id;
    SELECT * INTO cfg FROM customer_config WHERE customer_id = a.customer_id;
    IF customer_status = 'suspended' THEN
        a.verdict := 'suspended';
        RETURN a;
    ELSIF customer_status IS DISTINCT FROM 'active' OR cfg.customer_id IS NULL THEN
        a.verdict := 'unauthenticated';
        RETURN a;
    END IF;

    a := take_limits(a, cfg, class, key_quota);
    IF a.verdict = 'rate_limited' THEN
        RETURN a;
    END IF;

    INSERT INTO usage_metrics AS u (customer_id, day, operation, requests)
    VALUES (a.customer_id, (now() AT TIME ZONE 'UTC')::date, route, 1)
    ON CONFLICT (customer_id, day, operation) DO UPDATE SET requests = u.requests + 1;

    a.verdict := 'ok';
    a.config := config_of(cfg);
    SELECT jsonb_object_agg(table_name, lance_version) INTO a.index_versions
        FROM index_versions WHERE customer_id = a.customer_id;
    SELECT array_agg(id) INTO a.deleting
        FROM documents WHERE customer_id = a.customer_id AND deleted_at IS NOT NULL;
    SELECT nano_usd, platform_nano_usd INTO a.spent_nano_usd, a.platform_spent_nano_usd
        FROM monthly_spend WHERE customer_id = a.customer_id AND month = this_month();
    a.paid_by := payer_of(a.customer_id);
    RETURN a;
END $$;

-- As in V30, with the limits that are new since.
CREATE OR REPLACE FUNCTION admin_set_limits(actor_customer uuid, actor uuid, tenant uuid, limits jsonb) RETURNS boolean
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
DECLARE
    released text[] := CASE WHEN limits ? 'maxChunks' THEN '{chunk_limit}'::text[] ELSE '{}' END
        || CASE WHEN limits ? 'platformBudgetUsd' THEN '{platform_budget_exceeded}'::text[] ELSE '{}' END;
BEGIN
    IF NOT is_platform_admin(actor_customer, actor) THEN
        RETURN false;
    END IF;
    UPDATE customer_config SET
        reads_per_minute = coalesce((limits ->> 'readsPerMinute')::integer, reads_per_minute),
        requests_per_minute = coalesce((limits ->> 'requestsPerMinute')::integer, requests_per_minute),
        requests_per_day = coalesce((limits ->> 'requestsPerDay')::integer, requests_per_day),
        max_documents = coalesce((limits ->> 'maxDocuments')::integer, max_documents),
        max_file_bytes = coalesce((limits ->> 'maxFileBytes')::bigint, max_file_bytes),
        max_pages = coalesce((limits ->> 'maxPages')::integer, max_pages),
        max_characters = coalesce((limits ->> 'maxCharacters')::bigint, max_characters),
        max_document_chunks = coalesce((limits ->> 'maxDocumentChunks')::integer, max_document_chunks),
        max_chunks = coalesce((limits ->> 'maxChunks')::integer, max_chunks),
        max_storage_bytes = coalesce((limits ->> 'maxStorageBytes')::bigint, max_storage_bytes),
        invitations_per_day = coalesce((limits ->> 'invitationsPerDay')::integer, invitations_per_day),
        platform_budget_micro_usd =
            coalesce(((limits ->> 'platformBudgetUsd')::numeric * 1000000)::bigint, platform_budget_micro_usd)
        WHERE customer_id = tenant;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE documents SET status = 'queued', code = NULL, attempts = 0, lane = 'bulk', resend_at = now()
    WHERE customer_id = tenant AND status = 'needs_action' AND code = ANY (released) AND deleted_at IS NULL;
    INSERT INTO audit_log (customer_id, id, actor_kind, actor_id, action, target_id, details)
    VALUES (tenant, gen_random_uuid(), 'platform_admin', actor, 'config.limited', tenant, limits);
    RETURN true;
END $$;

REVOKE EXECUTE ON FUNCTION take_token(uuid, text, integer), take_limits(admission, customer_config, text, integer),
    sweep_buckets() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sweep_buckets() TO dynrag_app;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM dynrag_definer;
