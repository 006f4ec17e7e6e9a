-- Rotation of secrets, limits per class of endpoint, budgets, and the platform's administrators.

ALTER TABLE customer_config ADD COLUMN class_limits jsonb NOT NULL DEFAULT '{}'
    CHECK (jsonb_typeof(class_limits) = 'object');

ALTER TABLE sessions DROP CONSTRAINT sessions_end_reason_check;
ALTER TABLE sessions ADD CONSTRAINT sessions_end_reason_check CHECK (end_reason IN
    ('logout', 'password_changed', 'password_reset', 'token_reused', 'user_disabled', 'secrets_rotated'));

ALTER TABLE audit_log DROP CONSTRAINT audit_log_actor_kind_check;
ALTER TABLE audit_log ADD CONSTRAINT audit_log_actor_kind_check
    CHECK (actor_kind IN ('user', 'api_key', 'system', 'platform_admin'));

-- When KMS last wrapped the data key: after a rotation of KMS' own key it is wrapped anew.
ALTER TABLE customers ADD COLUMN data_key_wrapped_at timestamptz NOT NULL DEFAULT now();

-- What was spent is counted where it is spent, in billionths of a dollar: the price of a token of a
-- small model is some twenty of them.
ALTER TABLE usage_metrics ADD COLUMN nano_usd bigint NOT NULL DEFAULT 0 CHECK (nano_usd >= 0);

CREATE TABLE monthly_spend (
    customer_id uuid NOT NULL REFERENCES customers ON DELETE CASCADE,
    -- The first day of the month, UTC.
    month       date NOT NULL CHECK (extract(day FROM month) = 1),
    nano_usd    bigint NOT NULL DEFAULT 0 CHECK (nano_usd >= 0),
    alerted_at  timestamptz,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, month)
);
SELECT protect_tenant_table('monthly_spend');
CREATE TRIGGER touch BEFORE UPDATE ON monthly_spend FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

CREATE FUNCTION this_month() RETURNS date
    LANGUAGE sql STABLE
    AS $$ SELECT date_trunc('month', now() AT TIME ZONE 'UTC')::date $$;
GRANT EXECUTE ON FUNCTION this_month() TO dynrag_app, dynrag_definer;

-- Counts a call of the provider under an operation of today, and what it cost. The call that reaches
-- the alert's share of the budget writes the mail's task, once a month, in this transaction.
CREATE FUNCTION record_spend(tenant uuid, what text, used_tokens bigint, cost bigint) RETURNS void
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
    INSERT INTO monthly_spend AS m (customer_id, month, nano_usd) VALUES (tenant, this_month(), cost)
    ON CONFLICT (customer_id, month) DO UPDATE SET nano_usd = m.nano_usd + excluded.nano_usd
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
GRANT EXECUTE ON FUNCTION record_spend(uuid, text, bigint, bigint) TO dynrag_app;

ALTER TYPE admission ADD ATTRIBUTE spent_nano_usd bigint;

CREATE POLICY definer ON monthly_spend FOR SELECT TO dynrag_definer USING (true);
CREATE POLICY definer_status ON customers FOR UPDATE TO dynrag_definer USING (true) WITH CHECK (true);
CREATE POLICY definer_limits ON customer_config FOR UPDATE TO dynrag_definer USING (true) WITH CHECK (true);
CREATE POLICY definer_log ON audit_log FOR INSERT TO dynrag_definer WITH CHECK (true);
GRANT SELECT ON monthly_spend TO dynrag_definer;
GRANT UPDATE ON customers, customer_config TO dynrag_definer;
GRANT INSERT ON audit_log TO dynrag_definer;
GRANT CREATE ON SCHEMA public TO dynrag_definer;

-- As in V7, with a limit of the endpoint's class, if there is one, and what was spent this month.
CREATE FUNCTION admit_customer(a admission, route text, class text, key_quota integer) RETURNS admission
    LANGUAGE plpgsql VOLATILE
    AS $$
DECLARE
    customer_status text;
    cfg  customer_config;
    kind record;
    rest integer;
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

    -- The narrowest window first: what it refuses does not use up the wider ones. The tightest is named.
    FOR kind IN
        SELECT * FROM (VALUES
            ('key:' || a.principal_id, 'minute', key_quota),
            ('class:' || class, 'minute', (cfg.class_limits ->> class)::integer),
            ('customer', 'minute', cfg.requests_per_minute),
            ('customer', 'day', cfg.requests_per_day)) AS k (subject, span, quota)
        WHERE quota IS NOT NULL
    LOOP
        rest := take_from_window(a.customer_id, kind.subject, kind.span, kind.quota);
        IF rest IS NULL OR a.limit_left IS NULL OR rest < a.limit_left THEN
            a.limit_quota := kind.quota;
            a.limit_left := coalesce(rest, 0);
            a.limit_window := CASE kind.span WHEN 'minute' THEN 60 ELSE 86400 END;
            a.limit_reset := ceil(extract(epoch FROM
                date_trunc(kind.span, now(), 'UTC') + make_interval(secs => a.limit_window) - now()));
        END IF;
        IF rest IS NULL THEN
            a.verdict := 'rate_limited';
            RETURN a;
        END IF;
    END LOOP;

    INSERT INTO usage_metrics AS u (customer_id, day, operation, requests)
    VALUES (a.customer_id, (now() AT TIME ZONE 'UTC')::date, route, 1)
    ON CONFLICT (customer_id, day, operation) DO UPDATE SET requests = u.requests + 1;

    a.verdict := 'ok';
    a.config := jsonb_build_object(
        'requestsPerMinute', cfg.requests_per_minute,
        'requestsPerDay', cfg.requests_per_day,
        'classLimits', cfg.class_limits,
        'maxDocuments', cfg.max_documents,
        'maxFileBytes', cfg.max_file_bytes,
        'allowedTypes', to_jsonb(cfg.allowed_types),
        'chunking', jsonb_build_object('size', cfg.chunk_size, 'overlap', cfg.chunk_overlap),
        'embeddingModel', cfg.embedding_model,
        'monthlyBudgetUsd', cfg.monthly_budget_usd::text,
        'budgetAlertPercent', cfg.budget_alert_percent,
        'retentionDays', cfg.retention_days);
    SELECT jsonb_object_agg(table_name, lance_version) INTO a.index_versions
        FROM index_versions WHERE customer_id = a.customer_id;
    SELECT array_agg(id) INTO a.deleting
        FROM documents WHERE customer_id = a.customer_id AND deleted_at IS NOT NULL;
    SELECT nano_usd INTO a.spent_nano_usd
        FROM monthly_spend WHERE customer_id = a.customer_id AND month = this_month();
    RETURN a;
END $$;

-- As in V8; the secret that signed the token must be live still, whoever has it cached.
DROP FUNCTION admit_user(uuid, uuid, uuid, timestamptz, text);
CREATE FUNCTION admit_user(tenant uuid, who uuid, session uuid, secret_version integer, issued_at timestamptz,
                           route text, class text) RETURNS SETOF admission
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
DECLARE
    a admission;
BEGIN
    SELECT u.customer_id, u.id, u.email, u.role, u.platform_admin
        INTO a.customer_id, a.principal_id, a.email, a.role, a.platform_admin
        FROM users u
        JOIN sessions s ON (s.customer_id, s.user_id) = (u.customer_id, u.id)
        JOIN customer_secrets k ON k.customer_id = u.customer_id AND k.purpose = 'access_token'
        WHERE u.customer_id = tenant AND u.id = who AND u.status = 'active' AND issued_at >= u.tokens_valid_from
          AND s.id = session AND s.ended_at IS NULL AND s.expires_at > now()
          AND k.version = secret_version AND (k.retires_at IS NULL OR k.retires_at > now());
    IF NOT FOUND THEN
        a.verdict := 'unauthenticated';
        RETURN NEXT a;
        RETURN;
    END IF;
    a := admit_customer(a, route, class, NULL);
    RETURN NEXT a;
END $$;

DROP FUNCTION admit_api_key(text, bytea, text);
CREATE FUNCTION admit_api_key(key_public_id text, key_secret_hash bytea, route text, class text)
    RETURNS SETOF admission
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
DECLARE
    a admission;
    k api_keys;
BEGIN
    SELECT * INTO k FROM api_keys
        WHERE public_id = key_public_id AND secret_hash = key_secret_hash
          AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now());
    IF NOT FOUND THEN
        a.verdict := 'unauthenticated';
        RETURN NEXT a;
        RETURN;
    END IF;
    a.customer_id := k.customer_id;
    a.principal_id := k.id;
    a.platform_admin := false;
    a.scopes := k.scopes;
    a := admit_customer(a, route, class, k.requests_per_minute);
    -- Once a minute is precise enough, and spares the row a write per request.
    UPDATE api_keys SET last_used_at = now()
        WHERE customer_id = k.customer_id AND id = k.id
          AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute');
    RETURN NEXT a;
END $$;

DROP FUNCTION admit_customer(admission, text, integer);

-- Documents that wait for a budget which has room again, by a new month or a change of it.
CREATE FUNCTION sweep_budgets(most integer) RETURNS bigint
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    WITH due AS (
        SELECT d.customer_id, d.id FROM documents d
        JOIN customer_config c ON c.customer_id = d.customer_id
        LEFT JOIN monthly_spend m ON m.customer_id = d.customer_id AND m.month = this_month()
        WHERE d.status = 'needs_action' AND d.code = 'budget_exceeded' AND d.deleted_at IS NULL
          AND (c.monthly_budget_usd IS NULL
               OR coalesce(m.nano_usd, 0) < c.monthly_budget_usd * 1000000000)
          -- What did not fit into what was left is not tried at every sweep.
          AND d.updated_at < now() - interval '1 hour'
           OR d.status = 'needs_action' AND d.code = 'budget_exceeded' AND d.deleted_at IS NULL
          AND c.updated_at > d.updated_at
        LIMIT most FOR UPDATE OF d SKIP LOCKED
    ), released AS (
        UPDATE documents d SET status = 'queued', code = NULL, attempts = 0, resend_at = now()
        FROM due WHERE d.customer_id = due.customer_id AND d.id = due.id
        RETURNING 1
    )
    SELECT count(*) FROM released
    $$;
CREATE INDEX documents_budget ON documents (customer_id) WHERE code = 'budget_exceeded';

-- Customers whose data key was wrapped by a key of KMS that has been rotated since.
CREATE FUNCTION sweep_wrapped(older_than timestamptz, most integer)
    RETURNS TABLE (customer_id uuid, wrapped_data_key bytea)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    SELECT id, wrapped_data_key FROM customers
    WHERE wrapped_data_key IS NOT NULL AND data_key_wrapped_at < older_than
    ORDER BY data_key_wrapped_at LIMIT most
    $$;
CREATE INDEX customers_wrapped ON customers (data_key_wrapped_at) WHERE wrapped_data_key IS NOT NULL;

-- Administrators see who there is and what they use, and no document.
CREATE FUNCTION is_platform_admin(actor_customer uuid, actor uuid) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
    SELECT EXISTS (SELECT 1 FROM users WHERE customer_id = actor_customer AND id = actor
                   AND platform_admin AND status = 'active')
    $$;

CREATE FUNCTION admin_list_customers(actor_customer uuid, actor uuid, wanted_status text, words text,
                                     after_at timestamptz, after_id uuid, most bigint)
    RETURNS TABLE (id uuid, company_name text, status text, created_at timestamptz, email text,
                   users bigint, documents bigint, spent_nano_usd bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    SELECT c.id, c.company_name, c.status, c.created_at,
           (SELECT u.email FROM users u WHERE u.customer_id = c.id ORDER BY u.created_at LIMIT 1),
           (SELECT count(*) FROM users u WHERE u.customer_id = c.id),
           (SELECT count(*) FROM documents d WHERE d.customer_id = c.id AND d.deleted_at IS NULL),
           coalesce((SELECT m.nano_usd FROM monthly_spend m WHERE m.customer_id = c.id AND m.month = this_month()), 0)
    FROM customers c
    WHERE is_platform_admin(actor_customer, actor)
      AND (wanted_status IS NULL OR c.status = wanted_status)
      AND (words IS NULL OR c.company_name ILIKE '%' || words || '%'
           OR EXISTS (SELECT 1 FROM users u WHERE u.customer_id = c.id AND u.email ILIKE '%' || words || '%'))
      AND (after_at IS NULL OR (c.created_at, c.id) < (after_at, after_id))
    ORDER BY c.created_at DESC, c.id DESC LIMIT most
    $$;

-- A customer's usage by day and operation, for itself (in its own transaction) and for administrators.
CREATE FUNCTION admin_usage(actor_customer uuid, actor uuid, tenant uuid, since date, until date)
    RETURNS TABLE (day date, operation text, requests bigint, documents bigint, chunks bigint, tokens bigint,
                   nano_usd bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    SELECT m.day, m.operation, m.requests, m.documents, m.chunks, m.tokens, m.nano_usd
    FROM usage_metrics m
    WHERE is_platform_admin(actor_customer, actor) AND m.customer_id = tenant AND m.day BETWEEN since AND until
    ORDER BY m.day DESC, m.operation
    $$;

-- Suspends or activates. The status that was found; null where there is no such customer.
CREATE FUNCTION admin_set_status(actor_customer uuid, actor uuid, tenant uuid, wanted text) RETURNS text
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
DECLARE
    found_status text;
BEGIN
    IF NOT is_platform_admin(actor_customer, actor) THEN
        RETURN NULL;
    END IF;
    SELECT status INTO found_status FROM customers WHERE id = tenant AND status <> 'deleted' FOR UPDATE;
    IF found_status IN ('active', 'suspended') AND wanted IN ('active', 'suspended') AND found_status <> wanted THEN
        UPDATE customers SET status = wanted WHERE id = tenant;
        INSERT INTO audit_log (customer_id, id, actor_kind, actor_id, action, target_id)
        VALUES (tenant, gen_random_uuid(), 'platform_admin', actor,
                CASE wanted WHEN 'active' THEN 'customer.activated' ELSE 'customer.suspended' END, tenant);
    END IF;
    RETURN found_status;
END $$;

-- Sets the limits that are the platform's; null leaves one as it is. False where there is no such customer.
CREATE FUNCTION admin_set_limits(actor_customer uuid, actor uuid, tenant uuid, per_minute integer,
                                 per_day integer, most_documents integer, most_file_bytes bigint) RETURNS boolean
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
BEGIN
    IF NOT is_platform_admin(actor_customer, actor) THEN
        RETURN false;
    END IF;
    UPDATE customer_config SET
        requests_per_minute = coalesce(per_minute, requests_per_minute),
        requests_per_day = coalesce(per_day, requests_per_day),
        max_documents = coalesce(most_documents, max_documents),
        max_file_bytes = coalesce(most_file_bytes, max_file_bytes)
        WHERE customer_id = tenant;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO audit_log (customer_id, id, actor_kind, actor_id, action, target_id, details)
    VALUES (tenant, gen_random_uuid(), 'platform_admin', actor, 'config.limited', tenant,
            jsonb_strip_nulls(jsonb_build_object('requestsPerMinute', per_minute, 'requestsPerDay', per_day,
                'maxDocuments', most_documents, 'maxFileBytes', most_file_bytes)));
    RETURN true;
END $$;

ALTER FUNCTION admit_customer(admission, text, text, integer) OWNER TO dynrag_definer;
ALTER FUNCTION admit_user(uuid, uuid, uuid, integer, timestamptz, text, text) OWNER TO dynrag_definer;
ALTER FUNCTION admit_api_key(text, bytea, text, text) OWNER TO dynrag_definer;
ALTER FUNCTION sweep_budgets(integer) OWNER TO dynrag_definer;
ALTER FUNCTION sweep_wrapped(timestamptz, integer) OWNER TO dynrag_definer;
ALTER FUNCTION is_platform_admin(uuid, uuid) OWNER TO dynrag_definer;
ALTER FUNCTION admin_list_customers(uuid, uuid, text, text, timestamptz, uuid, bigint) OWNER TO dynrag_definer;
ALTER FUNCTION admin_usage(uuid, uuid, uuid, date, date) OWNER TO dynrag_definer;
ALTER FUNCTION admin_set_status(uuid, uuid, uuid, text) OWNER TO dynrag_definer;
ALTER FUNCTION admin_set_limits(uuid, uuid, uuid, integer, integer, integer, bigint) OWNER TO dynrag_definer;
REVOKE CREATE ON SCHEMA public FROM dynrag_definer;

GRANT EXECUTE ON FUNCTION
    admit_user(uuid, uuid, uuid, integer, timestamptz, text, text),
    admit_api_key(text, bytea, text, text),
    sweep_budgets(integer),
    sweep_wrapped(timestamptz, integer),
    admin_list_customers(uuid, uuid, text, text, timestamptz, uuid, bigint),
    admin_usage(uuid, uuid, uuid, date, date),
    admin_set_status(uuid, uuid, uuid, text),
    admin_set_limits(uuid, uuid, uuid, integer, integer, integer, bigint)
    TO dynrag_app;
