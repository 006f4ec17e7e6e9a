-- What one account may spend of the platform's money, and how much it may have sent to others.

ALTER TABLE customer_config
    -- What the platform's key may cost for the customer in a calendar month (UTC), in millionths of a dollar.
    ADD COLUMN platform_budget_micro_usd bigint NOT NULL DEFAULT 5000000
        CHECK (platform_budget_micro_usd BETWEEN 0 AND 1000000000000),
    ADD COLUMN invitations_per_day integer NOT NULL DEFAULT 20 CHECK (invitations_per_day > 0),
    -- Originals of all documents and versions.
    ADD COLUMN max_storage_bytes bigint NOT NULL DEFAULT 10737418240 CHECK (max_storage_bytes > 0);
ALTER TABLE customers
    -- Since when the platform's key may be used for the customer. Null while nobody of it has verified an address.
    -- Customers that are there already keep what they have.
    ADD COLUMN platform_key_from timestamptz DEFAULT now();
ALTER TABLE monthly_spend
    -- The part of nano_usd that the platform's key paid for.
    ADD COLUMN platform_nano_usd bigint NOT NULL DEFAULT 0 CHECK (platform_nano_usd >= 0);
ALTER TABLE provider_calls
    -- Whose key paid. Null in lines that are older than the column.
    ADD COLUMN paid_by text CHECK (paid_by IN ('customer', 'platform'));
ALTER TABLE webhook_deliveries
    -- The turn it has at its receiver's host: before it, no request is made.
    ADD COLUMN turn_at timestamptz;
DROP INDEX documents_budget;
CREATE INDEX documents_budgets ON documents (customer_id) WHERE code IN ('budget_exceeded', 'platform_budget_exceeded');

ALTER TYPE admission ADD ATTRIBUTE platform_spent_nano_usd bigint;
-- 'customer' or 'platform'. Null: the platform's may not be used yet.
ALTER TYPE admission ADD ATTRIBUTE paid_by text;

-- Bytes of a customer's originals, counted by the trigger below.
CREATE TABLE customer_storage (
    customer_id uuid PRIMARY KEY REFERENCES customers ON DELETE CASCADE,
    bytes       bigint NOT NULL DEFAULT 0,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now()
);
SELECT protect_tenant_table('customer_storage');
CREATE TRIGGER touch BEFORE UPDATE ON customer_storage FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE POLICY definer ON customer_storage TO dynrag_definer USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON customer_storage TO dynrag_app, dynrag_definer;

-- Counts what versions add to the stored originals, and refuses what is too much (DR001), whichever way it comes. A version
-- made of an earlier one's original stores nothing. One statement counts once, however many versions it writes.
CREATE FUNCTION count_storage() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    change record;
    total  bigint;
BEGIN
    FOR change IN EXECUTE
        'SELECT customer_id, sum(n)::bigint AS n FROM (SELECT customer_id, 0::bigint AS n FROM customer_storage WHERE false'
        || CASE WHEN TG_OP <> 'DELETE' THEN
            ' UNION ALL SELECT customer_id, bytes FROM fresh WHERE original_version IS NULL AND bytes IS NOT NULL' ELSE '' END
        || CASE WHEN TG_OP <> 'INSERT' THEN
            ' UNION ALL SELECT customer_id, -bytes FROM stale WHERE original_version IS NULL AND bytes IS NOT NULL' ELSE '' END
        || ') v GROUP BY customer_id HAVING sum(n) <> 0'
    LOOP
        IF change.n > 0 THEN
            INSERT INTO customer_storage AS s (customer_id, bytes) VALUES (change.customer_id, change.n)
            ON CONFLICT (customer_id) DO UPDATE SET bytes = s.bytes + excluded.bytes RETURNING s.bytes INTO total;
            IF total > (SELECT max_storage_bytes FROM customer_config WHERE customer_id = change.customer_id) THEN
                RAISE EXCEPTION 'storage limit' USING ERRCODE = 'DR001';
            END IF;
        ELSE
            -- The rows of a customer that leaves may be gone already.
            UPDATE customer_storage SET bytes = greatest(0, bytes + change.n) WHERE customer_id = change.customer_id;
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
GRANT EXECUTE ON FUNCTION count_storage() TO dynrag_app, dynrag_definer;
CREATE TRIGGER count_storage_added AFTER INSERT ON document_versions REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION count_storage();
CREATE TRIGGER count_storage_changed AFTER UPDATE ON document_versions REFERENCING OLD TABLE AS stale NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION count_storage();
CREATE TRIGGER count_storage_gone AFTER DELETE ON document_versions REFERENCING OLD TABLE AS stale
    FOR EACH STATEMENT EXECUTE FUNCTION count_storage();
SET LOCAL ROLE dynrag_definer;
INSERT INTO customer_storage (customer_id, bytes)
    SELECT customer_id, coalesce(sum(bytes), 0) FROM document_versions WHERE original_version IS NULL GROUP BY customer_id;
RESET ROLE;

-- Whose key pays for a customer's calls. Null: its own is not there, and the platform's may not be used yet.
CREATE FUNCTION payer_of(tenant uuid) RETURNS text
    LANGUAGE sql STABLE
    AS $$
    SELECT CASE
        WHEN EXISTS (SELECT 1 FROM customer_secrets WHERE customer_id = tenant AND purpose = 'openai_key') THEN 'customer'
        WHEN platform_key_from <= now() THEN 'platform' END
    FROM customers WHERE id = tenant
    $$;
GRANT EXECUTE ON FUNCTION payer_of(uuid) TO dynrag_app, dynrag_definer;

-- As in V11; beside all that was spent, what the platform paid of it.
CREATE FUNCTION record_spend(tenant uuid, what text, used_tokens bigint, cost bigint, platform_cost bigint) RETURNS void
    LANGUAGE plpgsql VOLATILE
    AS $$
DECLARE
    spent bigint;
    budget numeric;
    percent integer;
BEGIN
    INSERT INTO usage_metrics AS u (customer_id, day, operation, requests, tokens, nano_usd)
    VALUES (tenant, (now() AT TIME ZONE 'UTC')::date, what, 1, used_tokens, cost)
    ON CONFLICT (customer_id, day, operation) DO UPDATE
        SET requests = u.requests + 1, tokens = u.tokens + excluded.tokens, nano_usd = u.nano_usd + excluded.nano_usd;
    INSERT INTO monthly_spend AS m (customer_id, month, nano_usd, platform_nano_usd)
    VALUES (tenant, this_month(), cost, platform_cost)
    ON CONFLICT (customer_id, month) DO UPDATE
        SET nano_usd = m.nano_usd + excluded.nano_usd,
            platform_nano_usd = m.platform_nano_usd + excluded.platform_nano_usd
    RETURNING nano_usd INTO spent;
    SELECT monthly_budget_usd, budget_alert_percent INTO budget, percent
        FROM customer_config WHERE customer_id = tenant;
    IF budget IS NOT NULL AND spent >= budget * 1000000000 * percent / 100 THEN
        UPDATE monthly_spend SET alerted_at = now()
            WHERE customer_id = tenant AND month = this_month() AND alerted_at IS NULL;
        IF FOUND THEN
            INSERT INTO outbox (customer_id, job, next_attempt_at) VALUES (tenant,
                jsonb_build_object('task', 'budgetAlert', 'v', 1, 'customerId', tenant, 'month', this_month()), now());
        END IF;
    END IF;
END $$;
GRANT EXECUTE ON FUNCTION record_spend(uuid, text, bigint, bigint, bigint) TO dynrag_app;

-- The release before this one does not say who paid.
CREATE OR REPLACE FUNCTION record_spend(tenant uuid, what text, used_tokens bigint, cost bigint) RETURNS void
    LANGUAGE sql VOLATILE
    AS $$
    SELECT record_spend(tenant, what, used_tokens, cost, CASE payer_of(tenant) WHEN 'customer' THEN 0 ELSE cost END)
    $$;

-- As in V19. Webhooks with one address between them get one notice: the oldest is told. A notice says where its
-- document came from.
CREATE OR REPLACE FUNCTION record_deliveries() RETURNS trigger
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
                   'title', NEW.title, 'externalId', NEW.external_id, 'sourceUrl', NEW.source_url,
                   'fileName', NEW.file_name, 'collectionId', NEW.collection_id))
               -- Beside what is stripped: a null within it is the customer's.
               || CASE NEW.metadata WHEN '{}' THEN '{}' ELSE jsonb_build_object('metadata', NEW.metadata) END)
    FROM (SELECT DISTINCT ON (h.url) h.id FROM webhooks h
          WHERE h.customer_id = NEW.customer_id AND h.trigger_type = 'event' AND h.status = 'active'
            AND 'document.' || ended = ANY (h.events)
          ORDER BY h.url, h.created_at, h.id) w
    -- What waits for a budget is tried by itself every hour, and is no news the second time.
    WHERE NOT (NEW.code IN ('budget_exceeded', 'platform_budget_exceeded') AND NOT gone AND EXISTS (
          SELECT 1 FROM webhook_deliveries d
          WHERE d.customer_id = NEW.customer_id AND d.document_id = NEW.id AND d.webhook_id = w.id
            AND d.payload -> 'data' ->> 'code' = NEW.code
            AND (d.payload -> 'data' ->> 'version')::integer = NEW.latest_version));
    RETURN NULL;
END $$;

GRANT CREATE ON SCHEMA public TO dynrag_definer;

-- As in V16, for as long as it takes: the seconds until the next turn of a subject, which is thereby taken. Turns are
-- `gap` seconds apart on average, and up to `burst` of them come at once.
CREATE FUNCTION take_turn(subject bytea, gap double precision, burst integer) RETURNS double precision
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    INSERT INTO host_turns AS t (host_hash, next_at)
    VALUES (subject, now() + make_interval(secs => gap - gap * (burst - 1)))
    ON CONFLICT (host_hash) DO UPDATE
        SET next_at = greatest(t.next_at, now() - make_interval(secs => gap * (burst - 1))) + make_interval(secs => gap)
    RETURNING greatest(0, extract(epoch FROM next_at - now()) - gap)::double precision
    $$;

-- Takes one of the mails of a kind that an address is sent, for all customers together. Null: send it; otherwise the
-- seconds until another may be sent.
CREATE FUNCTION take_mail(kind text, address text, an_hour integer, a_day integer) RETURNS integer
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
DECLARE
    who bytea := convert_to(kind || '|' || address, 'UTF8');
    wait integer := take_attempt(throttle_subject('mail|hour', who), an_hour, '1 hour');
BEGIN
    IF wait IS NULL THEN
        wait := take_attempt(throttle_subject('mail|day', who), a_day, '1 day');
    END IF;
    RETURN wait;
END $$;

-- Takes one of a customer's invitations: one an hour to an address, `a_day` in all. The refused part and the seconds to
-- wait; no row: go ahead. In the transaction that writes the invitation.
CREATE FUNCTION take_invitation(tenant uuid, address text, a_day integer) RETURNS TABLE (refused text, wait integer)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
BEGIN
    refused := 'address';
    wait := take_attempt(throttle_subject('invitation|address', uuid_send(tenant) || convert_to(address, 'UTF8')),
                         1, '1 hour');
    IF wait IS NULL THEN
        refused := 'day';
        wait := take_attempt(throttle_subject('invitation|day', uuid_send(tenant)), a_day, '1 day');
    END IF;
    IF wait IS NOT NULL THEN
        RETURN NEXT;
    END IF;
END $$;

SET LOCAL ROLE dynrag_definer;
-- As in V11, for both budgets: documents that wait for one that has room again.
CREATE OR REPLACE FUNCTION sweep_budgets(most integer) RETURNS bigint
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    WITH due AS (
        SELECT d.customer_id, d.id FROM documents d
        JOIN customer_config c ON c.customer_id = d.customer_id
        LEFT JOIN monthly_spend m ON m.customer_id = d.customer_id AND m.month = this_month()
        WHERE d.status = 'needs_action' AND d.code IN ('budget_exceeded', 'platform_budget_exceeded')
          AND d.deleted_at IS NULL
          AND (c.updated_at > d.updated_at
               -- What did not fit into what was left is not tried at every sweep.
               OR d.updated_at < now() - interval '1 hour'
                  AND CASE d.code
                      WHEN 'budget_exceeded' THEN c.monthly_budget_usd IS NULL
                          OR coalesce(m.nano_usd, 0) < c.monthly_budget_usd * 1000000000
                      ELSE coalesce(m.platform_nano_usd, 0) < c.platform_budget_micro_usd * 1000 END)
        LIMIT most FOR UPDATE OF d SKIP LOCKED
    ), released AS (
        UPDATE documents d SET status = 'queued', code = NULL, attempts = 0, resend_at = now()
        FROM due WHERE d.customer_id = due.customer_id AND d.id = due.id
        RETURNING 1
    )
    SELECT count(*) FROM released
    $$;
RESET ROLE;
ALTER FUNCTION take_turn(bytea, double precision, integer) OWNER TO dynrag_definer;
ALTER FUNCTION take_mail(text, text, integer, integer) OWNER TO dynrag_definer;
ALTER FUNCTION take_invitation(uuid, text, integer) OWNER TO dynrag_definer;
REVOKE CREATE ON SCHEMA public FROM dynrag_definer;
GRANT EXECUTE ON FUNCTION take_turn(bytea, double precision, integer), take_mail(text, text, integer, integer),
    take_invitation(uuid, text, integer) TO dynrag_app;
