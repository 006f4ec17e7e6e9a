-- Name: admission; Type: TYPE; Schema: public; Owner: -

CREATE TYPE public.admission AS (
	verdict text,
	customer_id uuid,
	principal_id uuid,
	email text,
	role text,
	platform_admin boolean,
	scopes text[],
	config jsonb,
	index_versions jsonb,
	deleting uuid[],
	limit_quota integer,
	limit_left integer,
	limit_reset integer,
	limit_window integer,
	spent_nano_usd bigint,
	platform_spent_nano_usd bigint,
	paid_by text,
	limits jsonb,
	collections uuid[]
);

-- Name: add_signup_invitation(uuid, uuid, bytea, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.add_signup_invitation(actor_customer uuid, actor uuid, hash bytea, expires timestamp with time zone) RETURNS boolean
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    WITH added AS (
        INSERT INTO signup_invitations (token_hash, expires_at)
        SELECT hash, expires FROM users u
        WHERE u.customer_id = actor_customer AND u.id = actor AND u.platform_admin AND u.status = 'active'
        RETURNING 1
    )
    SELECT EXISTS (SELECT 1 FROM added)
    $$;

-- Name: admin_delete_customer(uuid, uuid, uuid, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.admin_delete_customer(actor_customer uuid, actor uuid, tenant uuid, confirmed text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    company text;
BEGIN
    IF NOT is_platform_admin(actor_customer, actor) OR tenant = actor_customer THEN
        RETURN NULL;
    END IF;
    SELECT company_name INTO company FROM customers WHERE id = tenant FOR UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF lower(confirmed) <> tenant::text AND confirmed IS DISTINCT FROM company THEN
        RETURN 'not_confirmed';
    END IF;
    IF begin_erasure(tenant) THEN
        INSERT INTO audit_log (customer_id, id, actor_kind, actor_id, action, target_id, details)
        VALUES (actor_customer, gen_random_uuid(), 'platform_admin', actor, 'customer.deleted', tenant,
                jsonb_strip_nulls(jsonb_build_object('companyName', company)));
    END IF;
    RETURN 'deleting';
END $$;

-- Name: admin_get_customer(uuid, uuid, uuid); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.admin_get_customer(actor_customer uuid, actor uuid, tenant uuid) RETURNS TABLE(id uuid, company_name text, status text, created_at timestamp with time zone, email text, email_verified boolean, users bigint, config jsonb, own_embedding_key boolean, documents jsonb, last_activity_at timestamp with time zone, spent_nano_usd bigint)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT c.id, c.company_name, c.status, c.created_at, u.email, coalesce(u.email_verified_at IS NOT NULL, false),
           (SELECT count(*) FROM users WHERE users.customer_id = c.id),
           config_of(g),
           EXISTS (SELECT 1 FROM customer_secrets s WHERE s.customer_id = c.id AND s.purpose = 'openai_key'),
           coalesce((SELECT jsonb_object_agg(counted.status, counted.number)
                     FROM (SELECT d.status, count(*) AS number FROM documents d
                           WHERE d.customer_id = c.id AND d.deleted_at IS NULL GROUP BY d.status) counted), '{}'),
           greatest((SELECT max(m.updated_at) FROM usage_metrics m WHERE m.customer_id = c.id AND m.day =
                        (SELECT max(l.day) FROM usage_metrics l WHERE l.customer_id = c.id)),
                    (SELECT max(k.last_used_at) FROM api_keys k WHERE k.customer_id = c.id),
                    (SELECT max(l.last_login_at) FROM users l WHERE l.customer_id = c.id)),
           coalesce((SELECT m.nano_usd FROM monthly_spend m
                     WHERE m.customer_id = c.id AND m.month = this_month()), 0)
    FROM customers c
    JOIN customer_config g ON g.customer_id = c.id
    LEFT JOIN LATERAL (SELECT f.email, f.email_verified_at FROM users f WHERE f.customer_id = c.id
                       ORDER BY f.created_at LIMIT 1) u ON true
    WHERE is_platform_admin(actor_customer, actor) AND c.id = tenant
    $$;

-- Name: admin_list_customers(uuid, uuid, text, text, timestamp with time zone, uuid, bigint); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.admin_list_customers(actor_customer uuid, actor uuid, wanted_status text, words text, after_at timestamp with time zone, after_id uuid, most bigint) RETURNS TABLE(id uuid, company_name text, status text, created_at timestamp with time zone, email text, users bigint, documents bigint, spent_nano_usd bigint)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
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

-- Name: admin_set_limits(uuid, uuid, uuid, jsonb); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.admin_set_limits(actor_customer uuid, actor uuid, tenant uuid, limits jsonb) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
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

-- Name: admin_set_limits(uuid, uuid, uuid, integer, integer, integer, bigint); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.admin_set_limits(actor_customer uuid, actor uuid, tenant uuid, per_minute integer, per_day integer, most_documents integer, most_file_bytes bigint) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
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

-- Name: admin_set_status(uuid, uuid, uuid, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.admin_set_status(actor_customer uuid, actor uuid, tenant uuid, wanted text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
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

-- Name: admin_usage(uuid, uuid, uuid, date, date); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.admin_usage(actor_customer uuid, actor uuid, tenant uuid, since date, until date) RETURNS TABLE(day date, operation text, requests bigint, documents bigint, chunks bigint, tokens bigint, nano_usd bigint)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT m.day, m.operation, m.requests, m.documents, m.chunks, m.tokens, m.nano_usd
    FROM usage_metrics m
    WHERE is_platform_admin(actor_customer, actor) AND m.customer_id = tenant AND m.day BETWEEN since AND until
    ORDER BY m.day DESC, m.operation
    $$;

-- Name: admit_api_key(text, bytea, text, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.admit_api_key(key_public_id text, key_secret_hash bytea, route text, class text) RETURNS SETOF public.admission
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    a admission;
BEGIN
    IF EXISTS (SELECT FROM api_keys WHERE public_id = key_public_id AND bound) THEN
        a.verdict := 'unauthenticated';
        RETURN NEXT a;
        RETURN;
    END IF;
    RETURN QUERY SELECT * FROM admit_key(key_public_id, key_secret_hash, route, class);
END $$;

-- Name: admit_attempt(text, bytea, integer); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.admit_attempt(route text, who bytea, quota integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    wait integer := take_attempt(throttle_subject(route || '|minute', who), quota, '1 minute');
BEGIN
    IF wait IS NULL THEN
        wait := take_attempt(throttle_subject(route || '|hour', who), least(quota, 100000000) * 5, '1 hour');
    END IF;
    RETURN wait;
END $$;

-- Name: admit_connection(text, text, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.admit_connection(connection text, route text, class text) RETURNS SETOF public.admission
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    a admission;
    c connections;
    k api_keys;
BEGIN
    SELECT * INTO c FROM connections WHERE id = connection;
    IF NOT FOUND OR NOT is_admitted(c) THEN
        a.verdict := 'unauthenticated';
        RETURN NEXT a;
        RETURN;
    END IF;
    a.customer_id := c.customer_id;
    IF c.api_key_id IS NULL THEN
        SELECT u.id, u.email, u.role, u.platform_admin INTO a.principal_id, a.email, a.role, a.platform_admin
            FROM sessions s JOIN users u ON (u.customer_id, u.id) = (s.customer_id, s.user_id)
            WHERE s.customer_id = c.customer_id AND s.id = c.session_id;
        a := admit_customer(a, route, class, NULL);
    ELSE
        SELECT * INTO k FROM api_keys WHERE customer_id = c.customer_id AND id = c.api_key_id;
        a.principal_id := k.id;
        a.platform_admin := false;
        a.scopes := k.scopes;
        a := admit_customer(a, route, class, k.requests_per_minute);
        IF k.bound THEN
            SELECT coalesce(array_agg(b.collection_id), '{}') INTO a.collections
                FROM api_key_collections b WHERE b.customer_id = k.customer_id AND b.api_key_id = k.id;
        END IF;
    END IF;
    RETURN NEXT a;
END $$;

-- Name: admit_customer(public.admission, text, text, integer); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.admit_customer(a public.admission, route text, class text, key_quota integer) RETURNS public.admission
    LANGUAGE plpgsql
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
    SELECT jsonb_object_agg(table_name, lance_version) || jsonb_build_object('segments', jsonb_agg(segments) FILTER (WHERE table_name = 'chunks') -> 0)
        INTO a.index_versions
        FROM index_versions WHERE customer_id = a.customer_id;
    SELECT array_agg(id) INTO a.deleting
        FROM documents WHERE customer_id = a.customer_id AND deleted_at IS NOT NULL AND purge_at IS NULL;
    SELECT nano_usd, platform_nano_usd INTO a.spent_nano_usd, a.platform_spent_nano_usd
        FROM monthly_spend WHERE customer_id = a.customer_id AND month = this_month();
    a.paid_by := payer_of(a.customer_id);
    RETURN a;
END $$;

-- Name: admit_grant(uuid, uuid, uuid, integer, timestamp with time zone, text, text, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.admit_grant(tenant uuid, who uuid, session uuid, secret_version integer, issued_at timestamp with time zone, of_resource text, route text, class text) RETURNS SETOF public.admission
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    a admission;
BEGIN
    SELECT u.customer_id, u.id, u.email, u.role, false, g.scopes
        INTO a.customer_id, a.principal_id, a.email, a.role, a.platform_admin, a.scopes
        FROM users u
        JOIN sessions s ON (s.customer_id, s.user_id) = (u.customer_id, u.id)
        JOIN oauth_grants g ON (g.customer_id, g.session_id) = (s.customer_id, s.id)
        JOIN customer_secrets k ON k.customer_id = u.customer_id AND k.purpose = 'access_token'
        WHERE u.customer_id = tenant AND u.id = who AND u.status = 'active' AND issued_at >= u.tokens_valid_from
          AND s.id = session AND s.ended_at IS NULL AND s.expires_at > now() AND g.resource = of_resource
          AND k.version = secret_version AND (k.retires_at IS NULL OR k.retires_at > now());
    IF NOT FOUND THEN
        a.verdict := 'unauthenticated';
        RETURN NEXT a;
        RETURN;
    END IF;
    a := admit_customer(a, route, class, NULL);
    RETURN NEXT a;
END $$;

-- Name: admit_key(text, bytea, text, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.admit_key(key_public_id text, key_secret_hash bytea, route text, class text) RETURNS SETOF public.admission
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
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
    IF k.bound THEN
        SELECT coalesce(array_agg(c.collection_id), '{}') INTO a.collections
            FROM api_key_collections c WHERE c.customer_id = k.customer_id AND c.api_key_id = k.id;
    END IF;
    -- Once a minute is precise enough, and spares the row a write per request.
    UPDATE api_keys SET last_used_at = now()
        WHERE customer_id = k.customer_id AND id = k.id
          AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute');
    RETURN NEXT a;
END $$;

-- Name: admit_user(uuid, uuid, uuid, integer, timestamp with time zone, text, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.admit_user(tenant uuid, who uuid, session uuid, secret_version integer, issued_at timestamp with time zone, route text, class text) RETURNS SETOF public.admission
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
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

-- Name: admit_webhook(uuid, uuid, text, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.admit_webhook(tenant uuid, webhook uuid, route text, class text) RETURNS SETOF public.admission
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
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

-- Name: begin_erasure(uuid); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.begin_erasure(tenant uuid) RETURNS boolean
    LANGUAGE sql
    SET search_path TO 'public', 'pg_temp'
    AS $$
    WITH customer AS (
        UPDATE customers SET status = 'deleted', wrapped_data_key = NULL, erase_at = now() + interval '2 minutes'
        WHERE id = tenant AND status <> 'deleted' RETURNING id
    ), secrets AS (
        DELETE FROM customer_secrets USING customer WHERE customer_id = customer.id
    ), keys AS (
        UPDATE api_keys SET revoked_at = now() FROM customer
        WHERE api_keys.customer_id = customer.id AND revoked_at IS NULL
    ), sessions AS (
        UPDATE sessions SET ended_at = now(), end_reason = 'account_deleted' FROM customer
        WHERE sessions.customer_id = customer.id AND ended_at IS NULL
    ), documents AS (
        UPDATE documents
        SET deleted_at = now(), lease_token = lease_token + 1, resend_at = NULL, upload_expires_at = NULL,
            status = CASE WHEN status = 'awaiting_upload' THEN 'queued' ELSE status END
        FROM customer WHERE documents.customer_id = customer.id AND deleted_at IS NULL
    )
    SELECT EXISTS (SELECT 1 FROM customer)
    $$;

-- Name: begin_login(text, bytea, integer); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.begin_login(login_email text, address bytea, address_quota integer) RETURNS TABLE(wait integer, customer_id uuid, user_id uuid, password_hash text, role text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    account bytea := convert_to(login_email, 'UTF8');
BEGIN
    wait := admit_attempt('auth-login', address, address_quota);
    IF wait IS NULL THEN
        SELECT u.customer_id, u.id, u.password_hash, u.role
            INTO customer_id, user_id, password_hash, role
            FROM users u JOIN customers c ON c.id = u.customer_id
            WHERE u.email = login_email AND u.status = 'active' AND c.status <> 'deleted';
        IF EXISTS (SELECT 1 FROM known_addresses k
                   WHERE k.customer_id = begin_login.customer_id AND k.user_id = begin_login.user_id
                     AND k.address_hash = sha256(uuid_send(begin_login.user_id) || address)) THEN
            wait := take_attempt(throttle_subject('login|known', account || address), 10, '1 minute');
        ELSE
            wait := take_attempt(throttle_subject('login|stranger', account), 20, '1 minute');
        END IF;
    END IF;
    IF wait IS NOT NULL THEN
        customer_id := NULL;
        user_id := NULL;
        password_hash := NULL;
        role := NULL;
    END IF;
    RETURN NEXT;
END $$;

-- Name: begin_reset(text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.begin_reset(login_email text) RETURNS TABLE(customer_id uuid, user_id uuid)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    SELECT u.customer_id, u.id INTO customer_id, user_id
        FROM users u JOIN customers c ON c.id = u.customer_id
        WHERE u.email = login_email AND u.status = 'active' AND c.status = 'active';
    IF FOUND AND take_attempt(throttle_subject('reset', convert_to(login_email, 'UTF8')), 3, '1 hour') IS NULL THEN
        RETURN NEXT;
    END IF;
END $$;

-- Name: bind_to_collections(regclass, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.bind_to_collections(tbl regclass, condition text) RETURNS void
    LANGUAGE plpgsql
    AS $_$
BEGIN
    EXECUTE format('CREATE POLICY bound ON %s AS RESTRICTIVE TO dynrag_app
                    USING ((SELECT current_collections() IS NULL) OR %2$s)
                    WITH CHECK ((SELECT current_collections() IS NULL) OR %2$s)', tbl, condition);
END $_$;

-- Name: customer_config; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.customer_config (
    customer_id uuid NOT NULL,
    requests_per_minute integer DEFAULT 120 NOT NULL,
    requests_per_day integer DEFAULT 50000 NOT NULL,
    max_documents integer DEFAULT 10000 NOT NULL,
    max_file_bytes bigint DEFAULT 52428800 NOT NULL,
    allowed_types text[] DEFAULT '{pdf,txt,html,md,docx,pptx,xlsx,csv,json,epub,eml,rtf,odt}'::text[] NOT NULL,
    chunk_size integer DEFAULT 1000 NOT NULL,
    chunk_overlap integer DEFAULT 200 NOT NULL,
    chunk_unit text DEFAULT 'characters'::text NOT NULL,
    chunk_strategy text DEFAULT 'recursive'::text NOT NULL,
    embedding_model text NOT NULL,
    monthly_budget_usd numeric(12,6),
    budget_alert_percent integer DEFAULT 80 NOT NULL,
    retention_days integer DEFAULT 30 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    class_limits jsonb DEFAULT '{}'::jsonb NOT NULL,
    retention_swept_at timestamp with time zone,
    max_pages integer DEFAULT 10000 NOT NULL,
    max_characters bigint DEFAULT 20000000 NOT NULL,
    max_document_chunks integer DEFAULT 20000 NOT NULL,
    max_chunks integer DEFAULT 500000 NOT NULL,
    platform_budget_micro_usd bigint DEFAULT 5000000 NOT NULL,
    invitations_per_day integer DEFAULT 20 NOT NULL,
    max_storage_bytes bigint DEFAULT '10737418240'::bigint NOT NULL,
    reads_per_minute integer DEFAULT 600 NOT NULL,
    deletion_retention_days integer DEFAULT 0 NOT NULL,
    chat_models text[] DEFAULT '{}'::text[] NOT NULL,
    chat_user_budget_usd numeric(12,6),
    chat_session_budget_usd numeric(12,6),
    CONSTRAINT customer_config_budget_alert_percent_check CHECK (((budget_alert_percent >= 1) AND (budget_alert_percent <= 100))),
    CONSTRAINT customer_config_chat_models_check CHECK ((cardinality(chat_models) <= 10)),
    CONSTRAINT customer_config_chat_session_budget_usd_check CHECK ((chat_session_budget_usd >= (0)::numeric)),
    CONSTRAINT customer_config_chat_user_budget_usd_check CHECK ((chat_user_budget_usd >= (0)::numeric)),
    CONSTRAINT customer_config_check CHECK ((chunk_overlap < chunk_size)),
    CONSTRAINT customer_config_chunk_overlap_check CHECK ((chunk_overlap >= 0)),
    CONSTRAINT customer_config_chunk_strategy_check CHECK ((chunk_strategy = ANY (ARRAY['recursive'::text, 'fixed'::text, 'paragraph'::text, 'markdown'::text, 'semantic'::text, 'parentChild'::text]))),
    CONSTRAINT customer_config_chunk_unit_check CHECK ((chunk_unit = ANY (ARRAY['characters'::text, 'tokens'::text]))),
    CONSTRAINT customer_config_class_limits_check CHECK ((jsonb_typeof(class_limits) = 'object'::text)),
    CONSTRAINT customer_config_deletion_retention_days_check CHECK (((deletion_retention_days >= 0) AND (deletion_retention_days <= 365))),
    CONSTRAINT customer_config_invitations_per_day_check CHECK ((invitations_per_day > 0)),
    CONSTRAINT customer_config_max_characters_check CHECK ((max_characters > 0)),
    CONSTRAINT customer_config_max_chunks_check CHECK ((max_chunks > 0)),
    CONSTRAINT customer_config_max_document_chunks_check CHECK ((max_document_chunks > 0)),
    CONSTRAINT customer_config_max_documents_check CHECK ((max_documents >= 0)),
    CONSTRAINT customer_config_max_file_bytes_check CHECK ((max_file_bytes > 0)),
    CONSTRAINT customer_config_max_pages_check CHECK ((max_pages > 0)),
    CONSTRAINT customer_config_max_storage_bytes_check CHECK ((max_storage_bytes > 0)),
    CONSTRAINT customer_config_monthly_budget_usd_check CHECK ((monthly_budget_usd >= (0)::numeric)),
    CONSTRAINT customer_config_platform_budget_micro_usd_check CHECK (((platform_budget_micro_usd >= 0) AND (platform_budget_micro_usd <= '1000000000000'::bigint))),
    CONSTRAINT customer_config_reads_per_minute_check CHECK ((reads_per_minute > 0)),
    CONSTRAINT customer_config_requests_per_day_check CHECK ((requests_per_day > 0)),
    CONSTRAINT customer_config_requests_per_minute_check CHECK ((requests_per_minute > 0)),
    CONSTRAINT customer_config_retention_days_check CHECK ((retention_days >= 0))
);

ALTER TABLE ONLY public.customer_config FORCE ROW LEVEL SECURITY;

-- Name: chunking_of(public.customer_config); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.chunking_of(cfg public.customer_config) RETURNS jsonb
    LANGUAGE sql STABLE
    AS $$
    SELECT jsonb_build_object('strategy', cfg.chunk_strategy, 'size', cfg.chunk_size,
        'overlap', cfg.chunk_overlap, 'unit', cfg.chunk_unit)
    $$;

-- Name: close_connection(text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.close_connection(connection text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$ DELETE FROM connections WHERE id = connection $$;

-- Name: config_of(public.customer_config); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.config_of(cfg public.customer_config) RETURNS jsonb
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
        'retentionDays', cfg.retention_days,
        'deletionRetentionDays', cfg.deletion_retention_days,
        'chatModels', to_jsonb(cfg.chat_models),
        'chatUserBudgetUsd', trim_scale(cfg.chat_user_budget_usd)::text,
        'chatSessionBudgetUsd', trim_scale(cfg.chat_session_budget_usd)::text)
    $$;

-- Name: count_redrivable(text[], uuid, timestamp with time zone, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.count_redrivable(codes text[], tenant uuid, since timestamp with time zone, before timestamp with time zone) RETURNS TABLE(code text, documents bigint)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT d.code, count(*) FROM documents d
    WHERE may_redrive(d, codes, tenant, since, before)
    GROUP BY d.code ORDER BY d.code
    $$;

-- Name: count_storage(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.count_storage() RETURNS trigger
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

-- Name: current_collections(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.current_collections() RETURNS uuid[]
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT nullif(current_setting('app.collections', true), '')::uuid[] $$;

-- Name: current_customer_id(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.current_customer_id() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT nullif(current_setting('app.customer_id', true), '')::uuid $$;

-- Name: end_login(text, bytea); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.end_login(login_email text, address bytea) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    UPDATE throttles SET attempts = attempts - 1
    WHERE attempts > 0 AND subject IN (
        throttle_subject('auth-login|minute', address), throttle_subject('auth-login|hour', address),
        throttle_subject('login|known', convert_to(login_email, 'UTF8') || address),
        throttle_subject('login|stranger', convert_to(login_email, 'UTF8')))
    $$;

-- Name: find_login(text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.find_login(login_email text) RETURNS TABLE(customer_id uuid, user_id uuid, password_hash text, role text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT u.customer_id, u.id, u.password_hash, u.role
    FROM users u JOIN customers c ON c.id = u.customer_id
    WHERE u.email = login_email AND u.status = 'active' AND c.status <> 'deleted'
    $$;

-- Name: find_webhook(uuid); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.find_webhook(wanted uuid) RETURNS TABLE(customer_id uuid, name text, token_hashes bytea[], wrapped_data_key bytea, versions integer[], nonces bytea[], ciphertexts bytea[], collection_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT w.customer_id, w.name,
           array_remove(ARRAY[w.token_hash,
               CASE WHEN w.previous_until > now() THEN w.previous_token_hash END], NULL),
           c.wrapped_data_key,
           coalesce(array_agg(s.version ORDER BY s.version DESC) FILTER (WHERE s.version IS NOT NULL), '{}'),
           coalesce(array_agg(s.nonce ORDER BY s.version DESC) FILTER (WHERE s.version IS NOT NULL), '{}'),
           coalesce(array_agg(s.ciphertext ORDER BY s.version DESC) FILTER (WHERE s.version IS NOT NULL), '{}'),
           w.collection_id
    FROM webhooks w
    JOIN customers c ON c.id = w.customer_id AND c.status <> 'deleted' AND c.wrapped_data_key IS NOT NULL
    LEFT JOIN customer_secrets s ON s.customer_id = w.customer_id AND s.purpose = 'webhook'
        AND (s.version = w.secret_version OR s.version = w.previous_secret_version AND w.previous_until > now())
    WHERE w.id = wanted AND w.trigger_type = 'manual' AND w.status = 'active'
    GROUP BY w.customer_id, w.id, c.id
    $$;

-- Name: hold_documents(uuid[], uuid[], integer[], double precision); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.hold_documents(tenants uuid[], ids uuid[], versions integer[], seconds double precision) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    WITH waiting AS (
        SELECT d.customer_id, d.id
        FROM documents d JOIN unnest(tenants, ids, versions) AS t (customer_id, id, version)
            ON (d.customer_id, d.id, d.latest_version) = (t.customer_id, t.id, t.version)
        WHERE d.status = 'queued' AND d.deleted_at IS NULL
        FOR NO KEY UPDATE OF d SKIP LOCKED
    ), held AS (
        UPDATE documents d SET resend_at = now() + make_interval(secs => seconds)
        FROM waiting WHERE (d.customer_id, d.id) = (waiting.customer_id, waiting.id)
        RETURNING 1
    )
    SELECT count(*) FROM held
    $$;

-- Name: connections; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.connections (
    customer_id uuid NOT NULL,
    id text NOT NULL,
    session_id uuid,
    api_key_id uuid,
    opened_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT connections_check CHECK ((num_nonnulls(session_id, api_key_id) = 1)),
    CONSTRAINT connections_id_check CHECK (((char_length(id) >= 1) AND (char_length(id) <= 128)))
);

ALTER TABLE ONLY public.connections FORCE ROW LEVEL SECURITY;

-- Name: is_admitted(public.connections); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.is_admitted(c public.connections) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
    SELECT EXISTS (SELECT FROM customers WHERE id = c.customer_id AND status = 'active')
       AND CASE WHEN c.api_key_id IS NULL THEN EXISTS (
               SELECT FROM sessions s JOIN users u ON (u.customer_id, u.id) = (s.customer_id, s.user_id)
               WHERE s.customer_id = c.customer_id AND s.id = c.session_id AND s.ended_at IS NULL AND s.expires_at > now()
                 AND u.status = 'active' AND c.opened_at >= u.tokens_valid_from)
           ELSE EXISTS (
               SELECT FROM api_keys k
               WHERE k.customer_id = c.customer_id AND k.id = c.api_key_id AND k.revoked_at IS NULL
                 AND (k.expires_at IS NULL OR k.expires_at > now())) END
    $$;

-- Name: document_versions; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.document_versions (
    customer_id uuid NOT NULL,
    document_id uuid NOT NULL,
    version integer NOT NULL,
    status text DEFAULT 'pending'::text NOT NULL,
    object_id uuid NOT NULL,
    format text NOT NULL,
    bytes bigint,
    content_hash bytea,
    pages integer,
    characters bigint,
    chunks integer,
    tokens bigint,
    engine text,
    embedding_model text,
    published_at timestamp with time zone,
    superseded_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    bundle_offset bigint,
    to_fetch boolean DEFAULT false NOT NULL,
    etag text,
    last_modified text,
    original_version integer,
    reprocess boolean DEFAULT false NOT NULL,
    retired_at timestamp with time zone,
    chunk_tokens bigint,
    properties jsonb,
    warnings jsonb DEFAULT '[]'::jsonb NOT NULL,
    CONSTRAINT document_versions_bundle_offset_check CHECK ((bundle_offset >= 0)),
    CONSTRAINT document_versions_bytes_check CHECK ((bytes >= 0)),
    CONSTRAINT document_versions_chunk_tokens_check CHECK ((chunk_tokens >= 0)),
    CONSTRAINT document_versions_content_hash_check CHECK ((octet_length(content_hash) = 32)),
    CONSTRAINT document_versions_etag_check CHECK ((char_length(etag) <= 512)),
    CONSTRAINT document_versions_last_modified_check CHECK ((char_length(last_modified) <= 64)),
    CONSTRAINT document_versions_original_version_check CHECK ((original_version > 0)),
    CONSTRAINT document_versions_properties_check CHECK ((jsonb_typeof(properties) = 'object'::text)),
    CONSTRAINT document_versions_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'published'::text, 'superseded'::text, 'failed'::text]))),
    CONSTRAINT document_versions_version_check CHECK ((version > 0)),
    CONSTRAINT document_versions_warnings_check CHECK ((jsonb_typeof(warnings) = 'array'::text))
);

ALTER TABLE ONLY public.document_versions FORCE ROW LEVEL SECURITY;

-- Name: is_over(public.document_versions, integer); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.is_over(v public.document_versions, retention_days integer) RETURNS boolean
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

-- Name: is_platform_admin(uuid, uuid); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.is_platform_admin(actor_customer uuid, actor uuid) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
    SELECT EXISTS (SELECT 1 FROM users WHERE customer_id = actor_customer AND id = actor
                   AND platform_admin AND status = 'active')
    $$;

-- Name: maintenance_soon(timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.maintenance_soon(planned timestamp with time zone) RETURNS timestamp with time zone
    LANGUAGE sql STABLE
    AS $$ SELECT CASE WHEN planned <= now() + interval '20 minutes' THEN planned ELSE now() END $$;

-- Name: documents; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.documents (
    customer_id uuid NOT NULL,
    id uuid NOT NULL,
    title text NOT NULL,
    source text NOT NULL,
    external_id text,
    file_name text,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    status text NOT NULL,
    stage text,
    code text,
    latest_version integer DEFAULT 1 NOT NULL,
    published_version integer,
    lease_token bigint DEFAULT 0 NOT NULL,
    lease_expires_at timestamp with time zone,
    attempts integer DEFAULT 0 NOT NULL,
    resend_at timestamp with time zone,
    upload_expires_at timestamp with time zone,
    created_by uuid,
    completed_at timestamp with time zone,
    deleted_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    upload_swept_at timestamp with time zone,
    lane text DEFAULT 'single'::text NOT NULL,
    source_url text,
    chunking jsonb,
    collection_id uuid,
    include_hidden boolean DEFAULT false NOT NULL,
    attachments boolean DEFAULT false NOT NULL,
    attached_to uuid,
    added_by uuid,
    slow boolean DEFAULT false NOT NULL,
    put_off_at timestamp with time zone,
    title_given boolean,
    http_status integer,
    purge_at timestamp with time zone,
    CONSTRAINT documents_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT documents_check CHECK (((published_version >= 1) AND (published_version <= latest_version))),
    CONSTRAINT documents_check1 CHECK (((status = 'processing'::text) = (stage IS NOT NULL))),
    CONSTRAINT documents_check2 CHECK (((status = 'processing'::text) = (lease_expires_at IS NOT NULL))),
    CONSTRAINT documents_check3 CHECK (((status = ANY (ARRAY['failed'::text, 'needs_action'::text])) = (code IS NOT NULL))),
    CONSTRAINT documents_check4 CHECK (((status = 'awaiting_upload'::text) = (upload_expires_at IS NOT NULL))),
    CONSTRAINT documents_check5 CHECK (((status <> 'completed'::text) OR (published_version IS NOT NULL))),
    CONSTRAINT documents_chunking_check CHECK ((jsonb_typeof(chunking) = 'object'::text)),
    CONSTRAINT documents_code_check CHECK ((code ~ '^[a-z][a-z0-9_]{1,63}$'::text)),
    CONSTRAINT documents_external_id_check CHECK (((char_length(external_id) >= 1) AND (char_length(external_id) <= 256))),
    CONSTRAINT documents_file_name_check CHECK (((char_length(file_name) >= 1) AND (char_length(file_name) <= 512))),
    CONSTRAINT documents_http_status_check CHECK (((http_status >= 100) AND (http_status <= 999))),
    CONSTRAINT documents_lane_check CHECK ((lane = ANY (ARRAY['single'::text, 'bulk'::text]))),
    CONSTRAINT documents_latest_version_check CHECK ((latest_version > 0)),
    CONSTRAINT documents_metadata_check CHECK ((jsonb_typeof(metadata) = 'object'::text)),
    CONSTRAINT documents_source_url_check CHECK (((char_length(source_url) >= 1) AND (char_length(source_url) <= 2048))),
    CONSTRAINT documents_status_check CHECK ((status = ANY (ARRAY['awaiting_upload'::text, 'queued'::text, 'processing'::text, 'completed'::text, 'failed'::text, 'needs_action'::text]))),
    CONSTRAINT documents_title_check CHECK (((char_length(title) >= 1) AND (char_length(title) <= 512)))
);

ALTER TABLE ONLY public.documents FORCE ROW LEVEL SECURITY;

-- Name: may_redrive(public.documents, text[], uuid, timestamp with time zone, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.may_redrive(d public.documents, codes text[], tenant uuid, since timestamp with time zone, before timestamp with time zone) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
    SELECT d.status IN ('failed', 'needs_action') AND d.deleted_at IS NULL AND d.code <> 'upload_expired'
       AND d.code = ANY (codes) AND (tenant IS NULL OR d.customer_id = tenant)
       AND (since IS NULL OR d.updated_at >= since) AND d.updated_at < before
       AND EXISTS (SELECT FROM customers c WHERE c.id = d.customer_id AND c.status = 'active')
    $$;

-- Name: move_attachments(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.move_attachments() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    UPDATE documents SET collection_id = NEW.collection_id
    WHERE customer_id = NEW.customer_id AND attached_to = NEW.id AND deleted_at IS NULL
      AND collection_id IS NOT DISTINCT FROM OLD.collection_id;
    RETURN NULL;
END $$;

-- Name: oauth_client(text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.oauth_client(client text) RETURNS TABLE(name text, redirect_uris text[])
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$ SELECT c.name, c.redirect_uris FROM oauth_clients c WHERE c.id = client AND c.expires_at > now() $$;

-- Name: oauth_register(text, text, text[]); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.oauth_register(client text, client_name text, uris text[]) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$ INSERT INTO oauth_clients (id, name, redirect_uris) VALUES (client, client_name, uris) $$;

-- Name: oauth_renew(text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.oauth_renew(client text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    UPDATE oauth_clients SET expires_at = now() + interval '90 days'
    WHERE id = client AND expires_at BETWEEN now() AND now() + interval '60 days'
    $$;

-- Name: others_wait_in_slow_lane(uuid); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.others_wait_in_slow_lane(tenant uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT EXISTS (SELECT FROM documents d
                   WHERE d.customer_id < tenant AND d.slow AND d.status = 'queued' AND d.deleted_at IS NULL)
        OR EXISTS (SELECT FROM documents d
                   WHERE d.customer_id > tenant AND d.slow AND d.status = 'queued' AND d.deleted_at IS NULL)
    $$;

-- Name: overtake_versions(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.overtake_versions() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    UPDATE document_versions SET status = 'superseded', superseded_at = now()
    WHERE customer_id = NEW.customer_id AND document_id = NEW.document_id AND version < NEW.version
      AND status = 'pending';
    RETURN NULL;
END $$;

-- Name: payer_of(uuid); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.payer_of(tenant uuid) RETURNS text
    LANGUAGE sql STABLE
    AS $$
    SELECT CASE
        WHEN platform_key_from IS NULL OR platform_key_from > now() THEN NULL
        WHEN EXISTS (SELECT 1 FROM customer_secrets WHERE customer_id = tenant AND purpose = 'openai_key') THEN 'customer'
        ELSE 'platform' END
    FROM customers WHERE id = tenant
    $$;

-- Name: protect_tenant_table(regclass, name); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.protect_tenant_table(tbl regclass, key name DEFAULT 'customer_id'::name) RETURNS void
    LANGUAGE plpgsql
    AS $_$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', tbl);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', tbl);
    EXECUTE format('CREATE POLICY tenant ON %s TO dynrag_app
                    USING (%2$I = current_customer_id()) WITH CHECK (%2$I = current_customer_id())', tbl, key);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO dynrag_app', tbl);
END $_$;

-- Name: purge_time(uuid, boolean); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.purge_time(tenant uuid, permanent boolean) RETURNS timestamp with time zone
    LANGUAGE sql STABLE
    AS $$
    SELECT CASE WHEN NOT permanent AND deletion_retention_days > 0
        THEN now() + make_interval(days => deletion_retention_days) END
    FROM customer_config WHERE customer_id = tenant
    $$;

-- Name: push_answer(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.push_answer() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO pushes (customer_id, connection_id, channel, subject, number)
    SELECT DISTINCT NEW.customer_id, c.id, 'chat', NEW.session_id, NEW.number::bigint
    FROM subscriptions s
    JOIN connections c ON (c.customer_id, c.id) = (s.customer_id, s.connection_id)
    LEFT JOIN sessions l ON (l.customer_id, l.id) = (c.customer_id, c.session_id)
    JOIN chat_sessions t ON t.customer_id = s.customer_id AND t.id = NEW.session_id
        AND (t.user_id = l.user_id OR t.api_key_id = c.api_key_id)
    WHERE s.customer_id = NEW.customer_id AND s.channel = 'chat'
      AND s.subject IN (NEW.session_id, '00000000-0000-0000-0000-000000000000')
      AND EXISTS (SELECT FROM customers WHERE id = NEW.customer_id AND status = 'active');
    RETURN NULL;
END $$;

-- Name: push_budget_alert(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.push_budget_alert() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM push_event(NEW.customer_id, 'usage', '00000000-0000-0000-0000-000000000000', NULL, NULL);
    RETURN NULL;
END $$;

-- Name: push_document_deleted(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.push_document_deleted() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM push_event(NEW.customer_id, 'documents', NEW.id, NULL, NEW.collection_id);
    RETURN NULL;
END $$;

-- Name: push_document_step(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.push_document_step() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM push_event(NEW.customer_id, 'documents', NEW.document_id, NEW.id, NULL);
    RETURN NULL;
END $$;

-- Name: push_event(uuid, text, uuid, bigint, uuid); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.push_event(customer uuid, of_channel text, of_subject uuid, of_number bigint, of_collection uuid) RETURNS void
    LANGUAGE sql
    AS $$
    INSERT INTO pushes (customer_id, connection_id, channel, subject, number, collection_id)
    SELECT DISTINCT customer, connection_id, of_channel, of_subject, of_number, of_collection FROM subscriptions
    WHERE customer_id = customer AND channel = of_channel
      AND subject IN (of_subject, '00000000-0000-0000-0000-000000000000')
      AND EXISTS (SELECT FROM customers WHERE id = customer AND status = 'active')
    $$;

-- Name: push_job(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.push_job() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM push_event(NEW.customer_id, 'jobs', NEW.id, NULL, NULL);
    RETURN NULL;
END $$;

-- Name: read_secrets(uuid, text); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.read_secrets(tenant uuid, wanted text) RETURNS TABLE(wrapped_data_key bytea, version integer, nonce bytea, ciphertext bytea)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT c.wrapped_data_key, s.version, s.nonce, s.ciphertext
    FROM customers c JOIN customer_secrets s ON s.customer_id = c.id
    WHERE c.id = tenant AND c.status <> 'deleted' AND c.wrapped_data_key IS NOT NULL
      AND s.purpose = wanted AND (s.retires_at IS NULL OR s.retires_at > now())
    ORDER BY s.version DESC
    $$;

-- Name: record_deliveries(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.record_deliveries() RETURNS trigger
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

-- Name: record_document_event(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.record_document_event() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO document_events (customer_id, document_id, version, status, stage, code, attempt)
    VALUES (NEW.customer_id, NEW.id, NEW.latest_version, NEW.status, NEW.stage, NEW.code, NEW.attempts);
    RETURN NULL;
END $$;

-- Name: record_run_ended(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.record_run_ended() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    UPDATE webhook_runs SET status = NEW.status, code = NEW.code
    WHERE customer_id = NEW.customer_id AND document_id = NEW.id AND version = NEW.latest_version
      AND status IN ('started', 'failed', 'needs_action');
    RETURN NULL;
END $$;

-- Name: record_spend(uuid, text, bigint, bigint); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.record_spend(tenant uuid, what text, used_tokens bigint, cost bigint) RETURNS void
    LANGUAGE sql
    AS $$
    SELECT record_spend(tenant, what, used_tokens, cost, CASE payer_of(tenant) WHEN 'customer' THEN 0 ELSE cost END)
    $$;

-- Name: record_spend(uuid, text, bigint, bigint, bigint); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.record_spend(tenant uuid, what text, used_tokens bigint, cost bigint, platform_cost bigint) RETURNS void
    LANGUAGE plpgsql
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

-- Name: redrive_documents(text[], uuid, timestamp with time zone, timestamp with time zone, integer); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.redrive_documents(codes text[], tenant uuid, since timestamp with time zone, before timestamp with time zone, most integer) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
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

-- Name: sees_document(uuid); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.sees_document(document uuid) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$ SELECT EXISTS (SELECT FROM documents WHERE customer_id = current_customer_id() AND id = document) $$;

-- Name: sees_job(uuid); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.sees_job(job uuid) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$ SELECT EXISTS (SELECT FROM jobs WHERE customer_id = current_customer_id() AND id = job) $$;

-- Name: sweep_accounts(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.sweep_accounts() RETURNS bigint
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    WITH t AS (DELETE FROM throttles WHERE window_end < now() - interval '1 minute' RETURNING 1),
         m AS (DELETE FROM mail_tokens WHERE expires_at < now() RETURNING 1),
         i AS (DELETE FROM invitations WHERE expires_at < now() - interval '30 days' RETURNING 1),
         s AS (DELETE FROM signup_invitations WHERE expires_at < now() RETURNING 1),
         k AS (DELETE FROM known_addresses WHERE last_seen_at < now() - interval '90 days' RETURNING 1)
    SELECT (SELECT count(*) FROM t) + (SELECT count(*) FROM m) + (SELECT count(*) FROM i)
         + (SELECT count(*) FROM s) + (SELECT count(*) FROM k)
    $$;

-- Name: sweep_awaited(integer); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.sweep_awaited(most integer) RETURNS TABLE(customer_id uuid, id uuid, overdue boolean)
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    UPDATE documents d SET upload_swept_at = now()
    FROM (SELECT q.customer_id, q.id FROM documents q
          WHERE q.upload_expires_at <= now() AND q.deleted_at IS NULL
            AND (q.upload_swept_at IS NULL OR q.upload_swept_at < now() - interval '10 minutes')
          ORDER BY q.upload_expires_at LIMIT most FOR UPDATE SKIP LOCKED) due
    WHERE d.customer_id = due.customer_id AND d.id = due.id
    RETURNING d.customer_id, d.id, d.upload_expires_at < now() - interval '1 day'
    $$;

-- Name: sweep_buckets(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.sweep_buckets() RETURNS bigint
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    WITH gone AS (DELETE FROM request_buckets WHERE counted_at < now() - interval '1 day' RETURNING 1)
    SELECT count(*) FROM gone
    $$;

-- Name: sweep_budgets(integer); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.sweep_budgets(most integer) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
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

-- Name: sweep_connections(integer); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.sweep_connections(most integer) RETURNS TABLE(customer_id uuid)
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    DELETE FROM connection_tickets WHERE expires_at < now();
    DELETE FROM connections c
    USING (SELECT o.customer_id, o.id FROM connections o WHERE o.opened_at < now() - interval '130 minutes'
           FOR UPDATE SKIP LOCKED) old
    WHERE c.customer_id = old.customer_id AND c.id = old.id;
    DELETE FROM pushes p
    WHERE NOT EXISTS (SELECT FROM connections c WHERE c.customer_id = p.customer_id AND c.id = p.connection_id);
    SELECT DISTINCT c.customer_id FROM connections c WHERE NOT is_admitted(c) LIMIT most
    $$;

-- Name: sweep_deliveries(integer); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.sweep_deliveries(most integer) RETURNS TABLE(customer_id uuid, id uuid)
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    WITH RECURSIVE waiting AS (
        (SELECT q.customer_id FROM webhook_deliveries q WHERE q.resend_at IS NOT NULL ORDER BY q.customer_id LIMIT 1)
        UNION ALL
        SELECT (SELECT q.customer_id FROM webhook_deliveries q
                WHERE q.resend_at IS NOT NULL AND q.customer_id > w.customer_id ORDER BY q.customer_id LIMIT 1)
        FROM waiting w WHERE w.customer_id IS NOT NULL
    ), due AS MATERIALIZED (
        SELECT turns.customer_id, turns.id
        FROM waiting w JOIN customers c ON c.id = w.customer_id AND c.status = 'active'
        CROSS JOIN LATERAL (
            SELECT q.customer_id, q.id, q.resend_at, row_number() OVER (ORDER BY q.resend_at) AS turn
            FROM (SELECT r.customer_id, r.id, r.resend_at FROM webhook_deliveries r
                  WHERE r.customer_id = w.customer_id AND r.resend_at <= now()
                  ORDER BY r.resend_at LIMIT least(most, 50)) q) turns
        ORDER BY turns.turn, turns.resend_at LIMIT most
    ), locked AS MATERIALIZED (
        SELECT q.customer_id, q.id FROM webhook_deliveries q
        JOIN due ON (q.customer_id, q.id) = (due.customer_id, due.id)
        WHERE q.resend_at <= now()
        FOR UPDATE OF q SKIP LOCKED
    )
    UPDATE webhook_deliveries d SET resend_at = now() + interval '5 minutes'
    FROM locked WHERE (d.customer_id, d.id) = (locked.customer_id, locked.id)
    RETURNING d.customer_id, d.id
    $$;

-- Name: sweep_documents(integer); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.sweep_documents(most integer) RETURNS TABLE(customer_id uuid, id uuid, version integer, deleting boolean, lane text, to_fetch boolean)
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    UPDATE documents d
    SET resend_at = now() + interval '14 minutes', purge_at = NULL,
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

-- Name: sweep_erasures(integer); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.sweep_erasures(most integer) RETURNS TABLE(customer_id uuid)
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    UPDATE customers c SET erase_at = now() + interval '10 minutes'
    FROM (SELECT q.id FROM customers q WHERE q.erase_at <= now()
          ORDER BY q.erase_at LIMIT most FOR UPDATE SKIP LOCKED) due
    WHERE c.id = due.id
    RETURNING c.id
    $$;

-- Name: sweep_host_turns(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.sweep_host_turns() RETURNS bigint
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    WITH gone AS (DELETE FROM host_turns WHERE next_at < now() - interval '1 hour' RETURNING 1)
    SELECT count(*) FROM gone
    $$;

-- Name: sweep_idempotency(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.sweep_idempotency() RETURNS bigint
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    WITH gone AS (DELETE FROM idempotency_keys WHERE created_at < now() - interval '24 hours' RETURNING 1)
    SELECT count(*) FROM gone
    $$;

-- Name: sweep_jobs(integer); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.sweep_jobs(most integer) RETURNS TABLE(customer_id uuid, id uuid, kind text)
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    UPDATE jobs j SET resend_at = now() + interval '10 minutes'
    FROM (SELECT q.customer_id, q.id FROM jobs q WHERE q.resend_at <= now()
          ORDER BY q.resend_at LIMIT most FOR UPDATE SKIP LOCKED) due
    WHERE j.customer_id = due.customer_id AND j.id = due.id
    RETURNING j.customer_id, j.id, j.kind
    $$;

-- Name: sweep_maintenance(integer); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.sweep_maintenance(most integer) RETURNS TABLE(customer_id uuid)
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    WITH due AS (
        SELECT i.customer_id, i.table_name FROM index_versions i
        WHERE i.maintenance_at <= now()
        ORDER BY i.maintenance_at LIMIT most FOR UPDATE SKIP LOCKED
    )
    UPDATE index_versions i SET maintenance_at = now() + interval '20 minutes'
    FROM due WHERE (i.customer_id, i.table_name) = (due.customer_id, due.table_name)
    RETURNING i.customer_id
    $$;

-- Name: sweep_oauth(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.sweep_oauth() RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    DELETE FROM oauth_clients WHERE expires_at < now();
    -- A day, so that a code that comes again is noticed.
    DELETE FROM oauth_codes WHERE expires_at < now() - interval '1 day';
    $$;

-- Name: sweep_old_deliveries(integer); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.sweep_old_deliveries(most integer) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
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

-- Name: sweep_old_jobs(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.sweep_old_jobs() RETURNS bigint
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    WITH gone AS (DELETE FROM jobs WHERE finished_at < now() - interval '30 days' RETURNING 1)
    SELECT count(*) FROM gone
    $$;

-- Name: sweep_old_runs(integer); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.sweep_old_runs(most integer) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
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

-- Name: sweep_outbox(integer); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.sweep_outbox(most integer) RETURNS TABLE(customer_id uuid, id bigint, job jsonb)
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    UPDATE outbox o
    SET attempts = o.attempts + 1,
        next_attempt_at = now() + least(interval '10 minutes', interval '30 seconds' * power(2, least(o.attempts, 6)))
    FROM (SELECT q.customer_id, q.id FROM outbox q
          WHERE q.next_attempt_at <= now() ORDER BY q.next_attempt_at LIMIT most FOR UPDATE SKIP LOCKED) due
    WHERE o.customer_id = due.customer_id AND o.id = due.id
    RETURNING o.customer_id, o.id, o.job
    $$;

-- Name: sweep_provider_calls(integer); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.sweep_provider_calls(most integer) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    WITH old AS (
        SELECT customer_id, id FROM provider_calls WHERE at < now() - interval '2 years' ORDER BY at LIMIT most
    ), gone AS (
        DELETE FROM provider_calls c USING old WHERE (c.customer_id, c.id) = (old.customer_id, old.id) RETURNING 1
    )
    SELECT count(*) FROM gone
    $$;

-- Name: sweep_pushes(integer); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.sweep_pushes(most integer) RETURNS TABLE(customer_id uuid)
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    WITH sent AS (
        UPDATE pushes p SET resend_at = now() + interval '1 minute'
        FROM (SELECT q.customer_id, q.id FROM pushes q WHERE q.resend_at <= now()
              ORDER BY q.resend_at DESC LIMIT most FOR UPDATE SKIP LOCKED) due
        WHERE p.customer_id = due.customer_id AND p.id = due.id
        RETURNING p.customer_id
    )
    SELECT DISTINCT customer_id FROM sent
    $$;

-- Name: sweep_retention(integer); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.sweep_retention(most integer) RETURNS TABLE(customer_id uuid)
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
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

-- Name: sweep_schedules(integer); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.sweep_schedules(most integer) RETURNS TABLE(customer_id uuid, id uuid, name text, url text, schedule text, time_zone text, planned timestamp with time zone, leased timestamp with time zone, collection_id uuid)
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    UPDATE webhooks w SET next_run_at = now() + interval '10 minutes'
    FROM (SELECT q.customer_id, q.id, q.next_run_at FROM webhooks q JOIN customers c ON c.id = q.customer_id
          WHERE q.next_run_at <= now() AND c.status = 'active'
          ORDER BY q.next_run_at LIMIT most FOR UPDATE OF q SKIP LOCKED) due
    WHERE w.customer_id = due.customer_id AND w.id = due.id
    RETURNING w.customer_id, w.id, w.name, w.url, w.schedule, w.time_zone, due.next_run_at, w.next_run_at,
        w.collection_id
    $$;

-- Name: sweep_sessions(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.sweep_sessions() RETURNS bigint
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    WITH gone AS (DELETE FROM sessions WHERE expires_at < now() - interval '30 days' RETURNING 1)
    SELECT count(*) FROM gone
    $$;

-- Name: sweep_staged(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.sweep_staged() RETURNS bigint
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    WITH gone AS (DELETE FROM staged_embeddings WHERE created_at < now() - interval '7 days' RETURNING 1)
    SELECT count(*) FROM gone
    $$;

-- Name: sweep_uploads(integer); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.sweep_uploads(most integer) RETURNS TABLE(customer_id uuid, id uuid)
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT d.customer_id, d.id FROM documents d
    WHERE d.upload_expires_at <= now() AND d.deleted_at IS NULL
    ORDER BY d.upload_expires_at LIMIT most
    $$;

-- Name: sweep_wrapped(timestamp with time zone, integer); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.sweep_wrapped(older_than timestamp with time zone, most integer) RETURNS TABLE(customer_id uuid, wrapped_data_key bytea)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT id, wrapped_data_key FROM customers
    WHERE wrapped_data_key IS NOT NULL AND data_key_wrapped_at < older_than
    ORDER BY data_key_wrapped_at LIMIT most
    $$;

-- Name: take_attempt(bytea, integer, interval); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.take_attempt(what bytea, quota integer, span interval) RETURNS integer
    LANGUAGE sql
    AS $$
    INSERT INTO throttles AS t (subject, window_end, attempts) VALUES (what, now() + span, 1)
    ON CONFLICT (subject) DO UPDATE SET
        attempts = CASE WHEN t.window_end <= now() THEN 1 ELSE least(t.attempts, 1000000) + 1 END,
        window_end = CASE WHEN t.window_end <= now() THEN excluded.window_end ELSE t.window_end END
    RETURNING CASE WHEN attempts > quota
        THEN greatest(1, ceil(extract(epoch FROM window_end - now())))::integer END
    $$;

-- Name: take_from_window(uuid, text, text, integer); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.take_from_window(tenant uuid, who text, kind text, quota integer) RETURNS integer
    LANGUAGE plpgsql
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

-- Name: take_host_turn(bytea, integer); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.take_host_turn(host bytea, delay_ms integer) RETURNS integer
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    INSERT INTO host_turns AS t (host_hash, next_at)
    VALUES (host, now() + make_interval(secs => delay_ms / 1000.0))
    ON CONFLICT (host_hash) DO UPDATE
        SET next_at = greatest(t.next_at, now()) + make_interval(secs => delay_ms / 1000.0)
        WHERE t.next_at < now() + interval '1 minute'
    RETURNING greatest(0, extract(epoch FROM next_at - now()) * 1000 - delay_ms)::integer
    $$;

-- Name: take_invitation(uuid, text, integer); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.take_invitation(tenant uuid, address text, a_day integer) RETURNS TABLE(refused text, wait integer)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
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

-- Name: take_limits(public.admission, public.customer_config, text, integer); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.take_limits(a public.admission, cfg public.customer_config, class text, key_quota integer) RETURNS public.admission
    LANGUAGE plpgsql
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

-- Name: take_mail(text, text, integer, integer); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.take_mail(kind text, address text, an_hour integer, a_day integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
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

-- Name: take_token(uuid, text, integer); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.take_token(tenant uuid, bucket text, quota integer) RETURNS double precision
    LANGUAGE plpgsql
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

-- Name: take_turn(bytea, double precision, integer); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.take_turn(subject bytea, gap double precision, burst integer) RETURNS double precision
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    INSERT INTO host_turns AS t (host_hash, next_at)
    VALUES (subject, now() + make_interval(secs => gap - gap * (burst - 1)))
    ON CONFLICT (host_hash) DO UPDATE
        SET next_at = greatest(t.next_at, now() - make_interval(secs => gap * (burst - 1))) + make_interval(secs => gap)
    RETURNING greatest(0, extract(epoch FROM next_at - now()) - gap)::double precision
    $$;

-- Name: takes_slow_lane(public.documents, public.document_versions, integer); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.takes_slow_lane(d public.documents, v public.document_versions, most integer) RETURNS boolean
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

-- Name: this_month(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.this_month() RETURNS date
    LANGUAGE sql STABLE
    AS $$ SELECT date_trunc('month', now() AT TIME ZONE 'UTC')::date $$;

-- Name: throttle_subject(text, bytea); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.throttle_subject(kind text, subject bytea) RETURNS bytea
    LANGUAGE sql IMMUTABLE
    AS $$ SELECT sha256(convert_to(kind || '|', 'UTF8') || subject) $$;

-- Name: title_is_given(public.documents); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.title_is_given(d public.documents) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    AS $$
    SELECT coalesce(d.title_given, d.title IS DISTINCT FROM d.file_name AND d.title IS DISTINCT FROM d.source_url)
    $$;

-- Name: tokens_left(double precision, timestamp with time zone, integer); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.tokens_left(taken double precision, counted_at timestamp with time zone, quota integer) RETURNS double precision
    LANGUAGE sql STABLE
    AS $$
    SELECT quota - greatest(0, least(taken, quota) - greatest(0, date_part('epoch', now() - counted_at)) * quota / 60)
    $$;

-- Name: touch_updated_at(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.touch_updated_at() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END $$;

-- Name: use_signup_invitation(bytea); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.use_signup_invitation(hash bytea) RETURNS boolean
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    WITH used AS (DELETE FROM signup_invitations WHERE token_hash = hash AND expires_at > now() RETURNING 1)
    SELECT EXISTS (SELECT 1 FROM used)
    $$;

-- Name: api_key_collections; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.api_key_collections (
    customer_id uuid NOT NULL,
    api_key_id uuid NOT NULL,
    collection_id uuid NOT NULL
);

ALTER TABLE ONLY public.api_key_collections FORCE ROW LEVEL SECURITY;

-- Name: api_keys; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.api_keys (
    customer_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    public_id text NOT NULL,
    secret_hash bytea NOT NULL,
    scopes text[] NOT NULL,
    is_default boolean DEFAULT false NOT NULL,
    requests_per_minute integer,
    expires_at timestamp with time zone,
    revoked_at timestamp with time zone,
    last_used_at timestamp with time zone,
    created_by uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    bound boolean DEFAULT false NOT NULL,
    CONSTRAINT api_keys_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 100))),
    CONSTRAINT api_keys_requests_per_minute_check CHECK ((requests_per_minute > 0)),
    CONSTRAINT api_keys_scopes_check CHECK ((scopes <@ '{documents:read,documents:write,search,chat,webhooks,metrics,admin:tenant}'::text[])),
    CONSTRAINT api_keys_secret_hash_check CHECK ((octet_length(secret_hash) = 32))
);

ALTER TABLE ONLY public.api_keys FORCE ROW LEVEL SECURITY;

-- Name: audit_log; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.audit_log (
    customer_id uuid NOT NULL,
    id uuid NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL,
    actor_kind text NOT NULL,
    actor_id uuid,
    action text NOT NULL,
    target_id uuid NOT NULL,
    details jsonb DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT audit_log_action_check CHECK ((action ~ '^[a-z_]{2,32}\.[a-z_]{2,32}$'::text)),
    CONSTRAINT audit_log_check CHECK (((actor_kind = 'system'::text) = (actor_id IS NULL))),
    CONSTRAINT audit_log_details_check CHECK ((jsonb_typeof(details) = 'object'::text))
);

ALTER TABLE ONLY public.audit_log FORCE ROW LEVEL SECURITY;

-- Name: bulk_documents; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.bulk_documents (
    customer_id uuid NOT NULL,
    job_id uuid NOT NULL,
    document_id uuid NOT NULL,
    code text,
    CONSTRAINT bulk_documents_code_check CHECK ((code ~ '^[a-z][a-z0-9_]{1,63}$'::text))
);

ALTER TABLE ONLY public.bulk_documents FORCE ROW LEVEL SECURITY;

-- Name: chat_feedback; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.chat_feedback (
    customer_id uuid NOT NULL,
    session_id uuid NOT NULL,
    number integer NOT NULL,
    rating text NOT NULL,
    comment text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT chat_feedback_comment_check CHECK ((char_length(comment) <= 2000)),
    CONSTRAINT chat_feedback_rating_check CHECK ((rating = ANY (ARRAY['up'::text, 'down'::text])))
);

ALTER TABLE ONLY public.chat_feedback FORCE ROW LEVEL SECURITY;

-- Name: chat_messages; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.chat_messages (
    customer_id uuid NOT NULL,
    session_id uuid NOT NULL,
    number integer NOT NULL,
    role text NOT NULL,
    content text NOT NULL,
    answer jsonb,
    sources integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    answer_id uuid,
    CONSTRAINT chat_messages_check CHECK (((answer IS NOT NULL) = (role = 'assistant'::text))),
    CONSTRAINT chat_messages_check1 CHECK (((answer_id IS NULL) OR (role = 'assistant'::text))),
    CONSTRAINT chat_messages_number_check CHECK ((number >= 1)),
    CONSTRAINT chat_messages_role_check CHECK ((role = ANY (ARRAY['user'::text, 'assistant'::text]))),
    CONSTRAINT chat_messages_sources_check CHECK ((sources >= 0))
);

ALTER TABLE ONLY public.chat_messages FORCE ROW LEVEL SECURITY;

-- Name: chat_providers; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.chat_providers (
    customer_id uuid NOT NULL,
    name text NOT NULL,
    models jsonb NOT NULL,
    nonce bytea,
    ciphertext bytea,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT chat_providers_check CHECK (((nonce IS NULL) = (ciphertext IS NULL))),
    CONSTRAINT chat_providers_ciphertext_check CHECK (((octet_length(ciphertext) >= 17) AND (octet_length(ciphertext) <= 1200))),
    CONSTRAINT chat_providers_models_check CHECK (((jsonb_typeof(models) = 'array'::text) AND ((jsonb_array_length(models) >= 1) AND (jsonb_array_length(models) <= 50)))),
    CONSTRAINT chat_providers_name_check CHECK ((name ~ '^[a-z0-9][a-z0-9-]{0,39}$'::text)),
    CONSTRAINT chat_providers_nonce_check CHECK ((octet_length(nonce) = 12))
);

ALTER TABLE ONLY public.chat_providers FORCE ROW LEVEL SECURITY;

-- Name: chat_sessions; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.chat_sessions (
    customer_id uuid NOT NULL,
    id uuid NOT NULL,
    user_id uuid,
    api_key_id uuid,
    title text NOT NULL,
    messages integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    last_used_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT chat_sessions_check CHECK ((num_nonnulls(user_id, api_key_id) = 1)),
    CONSTRAINT chat_sessions_messages_check CHECK ((messages >= 0)),
    CONSTRAINT chat_sessions_title_check CHECK (((char_length(title) >= 1) AND (char_length(title) <= 200)))
);

ALTER TABLE ONLY public.chat_sessions FORCE ROW LEVEL SECURITY;

-- Name: chat_sources; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.chat_sources (
    customer_id uuid NOT NULL,
    session_id uuid NOT NULL,
    number integer NOT NULL,
    document_id uuid NOT NULL,
    version integer NOT NULL,
    CONSTRAINT chat_sources_version_check CHECK ((version >= 1))
);

ALTER TABLE ONLY public.chat_sources FORCE ROW LEVEL SECURITY;

-- Name: chat_streams; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.chat_streams (
    customer_id uuid NOT NULL,
    id uuid NOT NULL,
    asked_by uuid NOT NULL,
    started_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY public.chat_streams FORCE ROW LEVEL SECURITY;

-- Name: collections; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.collections (
    customer_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    description text,
    chunking jsonb,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    alpha double precision,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT collections_alpha_check CHECK (((alpha >= (0)::double precision) AND (alpha <= (1)::double precision))),
    CONSTRAINT collections_chunking_check CHECK ((jsonb_typeof(chunking) = 'object'::text)),
    CONSTRAINT collections_description_check CHECK (((char_length(description) >= 1) AND (char_length(description) <= 1000))),
    CONSTRAINT collections_metadata_check CHECK ((jsonb_typeof(metadata) = 'object'::text)),
    CONSTRAINT collections_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 100)))
);

ALTER TABLE ONLY public.collections FORCE ROW LEVEL SECURITY;

-- Name: connection_tickets; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.connection_tickets (
    customer_id uuid NOT NULL,
    id uuid NOT NULL,
    secret_hash bytea NOT NULL,
    session_id uuid,
    api_key_id uuid,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT connection_tickets_check CHECK ((num_nonnulls(session_id, api_key_id) = 1)),
    CONSTRAINT connection_tickets_secret_hash_check CHECK ((octet_length(secret_hash) = 32))
);

ALTER TABLE ONLY public.connection_tickets FORCE ROW LEVEL SECURITY;

-- Name: crawl_pages; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.crawl_pages (
    customer_id uuid NOT NULL,
    job_id uuid NOT NULL,
    url_hash bytea NOT NULL,
    url text NOT NULL,
    "position" integer NOT NULL,
    status text DEFAULT 'waiting'::text NOT NULL,
    code text,
    document_id uuid,
    attempts integer DEFAULT 0 NOT NULL,
    lease_expires_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    http_status integer,
    CONSTRAINT crawl_pages_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT crawl_pages_check CHECK (((status = ANY (ARRAY['skipped'::text, 'failed'::text])) = (code IS NOT NULL))),
    CONSTRAINT crawl_pages_code_check CHECK ((code ~ '^[a-z][a-z0-9_]{1,63}$'::text)),
    CONSTRAINT crawl_pages_http_status_check CHECK (((http_status >= 100) AND (http_status <= 999))),
    CONSTRAINT crawl_pages_position_check CHECK (("position" >= 0)),
    CONSTRAINT crawl_pages_status_check CHECK ((status = ANY (ARRAY['waiting'::text, 'stored'::text, 'unchanged'::text, 'skipped'::text, 'failed'::text]))),
    CONSTRAINT crawl_pages_url_check CHECK (((char_length(url) >= 1) AND (char_length(url) <= 2048))),
    CONSTRAINT crawl_pages_url_hash_check CHECK ((octet_length(url_hash) = 32))
);

ALTER TABLE ONLY public.crawl_pages FORCE ROW LEVEL SECURITY;

-- Name: customer_secrets; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.customer_secrets (
    customer_id uuid NOT NULL,
    purpose text NOT NULL,
    version integer NOT NULL,
    nonce bytea NOT NULL,
    ciphertext bytea NOT NULL,
    retires_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT customer_secrets_nonce_check CHECK ((octet_length(nonce) = 12)),
    CONSTRAINT customer_secrets_version_check CHECK ((version > 0))
);

ALTER TABLE ONLY public.customer_secrets FORCE ROW LEVEL SECURITY;

-- Name: customer_storage; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.customer_storage (
    customer_id uuid NOT NULL,
    bytes bigint DEFAULT 0 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY public.customer_storage FORCE ROW LEVEL SECURITY;

-- Name: customers; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.customers (
    id uuid NOT NULL,
    company_name text,
    status text DEFAULT 'active'::text NOT NULL,
    wrapped_data_key bytea,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    data_key_wrapped_at timestamp with time zone DEFAULT now() NOT NULL,
    erase_at timestamp with time zone,
    platform_key_from timestamp with time zone DEFAULT now(),
    CONSTRAINT customers_company_name_check CHECK (((char_length(company_name) >= 1) AND (char_length(company_name) <= 200))),
    CONSTRAINT customers_status_check CHECK ((status = ANY (ARRAY['active'::text, 'suspended'::text, 'deleted'::text])))
);

ALTER TABLE ONLY public.customers FORCE ROW LEVEL SECURITY;

-- Name: document_events; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.document_events (
    customer_id uuid NOT NULL,
    document_id uuid NOT NULL,
    id bigint NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    version integer NOT NULL,
    status text NOT NULL,
    stage text,
    code text,
    attempt integer NOT NULL
);

ALTER TABLE ONLY public.document_events FORCE ROW LEVEL SECURITY;

-- Name: document_events_id_seq; Type: SEQUENCE; Schema: public; Owner: -

ALTER TABLE public.document_events ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.document_events_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: document_passwords; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.document_passwords (
    customer_id uuid NOT NULL,
    document_id uuid NOT NULL,
    nonce bytea NOT NULL,
    ciphertext bytea NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT document_passwords_ciphertext_check CHECK (((octet_length(ciphertext) >= 17) AND (octet_length(ciphertext) <= 143))),
    CONSTRAINT document_passwords_nonce_check CHECK ((octet_length(nonce) = 12))
);

ALTER TABLE ONLY public.document_passwords FORCE ROW LEVEL SECURITY;

-- Name: document_texts; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.document_texts (
    customer_id uuid NOT NULL,
    document_id uuid NOT NULL,
    version integer NOT NULL,
    extracted bytea NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY public.document_texts FORCE ROW LEVEL SECURITY;

-- Name: file_batches; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.file_batches (
    customer_id uuid NOT NULL,
    id uuid NOT NULL,
    collection_id uuid NOT NULL,
    document_ids uuid[] NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    cancelled_at timestamp with time zone,
    CONSTRAINT file_batches_document_ids_check CHECK (((cardinality(document_ids) >= 1) AND (cardinality(document_ids) <= 500)))
);

ALTER TABLE ONLY public.file_batches FORCE ROW LEVEL SECURITY;

-- Name: host_turns; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.host_turns (
    host_hash bytea NOT NULL,
    next_at timestamp with time zone NOT NULL,
    CONSTRAINT host_turns_host_hash_check CHECK ((octet_length(host_hash) = 32))
)
WITH (fillfactor='50');

ALTER TABLE ONLY public.host_turns FORCE ROW LEVEL SECURITY;

-- Name: idempotency_keys; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.idempotency_keys (
    customer_id uuid NOT NULL,
    principal_id uuid NOT NULL,
    route text NOT NULL,
    key text NOT NULL,
    request_hash bytea NOT NULL,
    answer_status smallint,
    answer bytea,
    lease_expires_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT idempotency_keys_answer_status_check CHECK (((answer_status >= 200) AND (answer_status <= 299))),
    CONSTRAINT idempotency_keys_check CHECK (((answer IS NULL) OR (answer_status IS NOT NULL))),
    CONSTRAINT idempotency_keys_key_check CHECK (((char_length(key) >= 1) AND (char_length(key) <= 255))),
    CONSTRAINT idempotency_keys_request_hash_check CHECK ((octet_length(request_hash) = 32)),
    CONSTRAINT idempotency_keys_route_check CHECK (((char_length(route) >= 1) AND (char_length(route) <= 64)))
);

ALTER TABLE ONLY public.idempotency_keys FORCE ROW LEVEL SECURITY;

-- Name: index_versions; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.index_versions (
    customer_id uuid NOT NULL,
    table_name text NOT NULL,
    lance_version bigint DEFAULT 0 NOT NULL,
    row_count bigint DEFAULT 0 NOT NULL,
    embedding_model text,
    dimensions integer,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    segments jsonb DEFAULT '{"since": null, "until": null, "segments": []}'::jsonb NOT NULL,
    maintenance_at timestamp with time zone,
    maintenance_until timestamp with time zone,
    maintained_at timestamp with time zone,
    fragments integer,
    recall_at_10 double precision,
    recall_queries integer,
    recall_at timestamp with time zone,
    CONSTRAINT index_versions_dimensions_check CHECK ((dimensions > 0)),
    CONSTRAINT index_versions_fragments_check CHECK ((fragments >= 0)),
    CONSTRAINT index_versions_lance_version_check CHECK ((lance_version >= 0)),
    CONSTRAINT index_versions_recall_at_10_check CHECK (((recall_at_10 >= (0)::double precision) AND (recall_at_10 <= (1)::double precision))),
    CONSTRAINT index_versions_recall_queries_check CHECK ((recall_queries > 0)),
    CONSTRAINT index_versions_row_count_check CHECK ((row_count >= 0)),
    CONSTRAINT index_versions_segments_check CHECK ((jsonb_typeof((segments -> 'segments'::text)) = 'array'::text))
);

ALTER TABLE ONLY public.index_versions FORCE ROW LEVEL SECURITY;

-- Name: invitations; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.invitations (
    customer_id uuid NOT NULL,
    id uuid NOT NULL,
    email text NOT NULL,
    role text NOT NULL,
    invited_by uuid,
    expires_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT invitations_email_check CHECK ((email = lower(email))),
    CONSTRAINT invitations_role_check CHECK ((role = ANY (ARRAY['business'::text, 'user'::text])))
);

ALTER TABLE ONLY public.invitations FORCE ROW LEVEL SECURITY;

-- Name: jobs; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.jobs (
    customer_id uuid NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL,
    status text DEFAULT 'queued'::text NOT NULL,
    code text,
    progress jsonb DEFAULT '{}'::jsonb NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    resend_at timestamp with time zone,
    finished_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    lease_token bigint DEFAULT 0 NOT NULL,
    lease_expires_at timestamp with time zone,
    CONSTRAINT jobs_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT jobs_check CHECK (((status = 'failed'::text) = (code IS NOT NULL))),
    CONSTRAINT jobs_check1 CHECK (((status = ANY (ARRAY['completed'::text, 'failed'::text])) = (finished_at IS NOT NULL))),
    CONSTRAINT jobs_check2 CHECK (((finished_at IS NULL) = (resend_at IS NOT NULL))),
    CONSTRAINT jobs_code_check CHECK ((code ~ '^[a-z][a-z0-9_]{1,63}$'::text)),
    CONSTRAINT jobs_progress_check CHECK ((jsonb_typeof(progress) = 'object'::text)),
    CONSTRAINT jobs_status_check CHECK ((status = ANY (ARRAY['queued'::text, 'running'::text, 'completed'::text, 'failed'::text])))
);

ALTER TABLE ONLY public.jobs FORCE ROW LEVEL SECURITY;

-- Name: known_addresses; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.known_addresses (
    customer_id uuid NOT NULL,
    user_id uuid NOT NULL,
    address_hash bytea NOT NULL,
    last_seen_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT known_addresses_address_hash_check CHECK ((octet_length(address_hash) = 32))
);

ALTER TABLE ONLY public.known_addresses FORCE ROW LEVEL SECURITY;

-- Name: mail_tokens; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.mail_tokens (
    customer_id uuid NOT NULL,
    id uuid NOT NULL,
    purpose text NOT NULL,
    user_id uuid,
    invitation_id uuid,
    token_hash bytea NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT mail_tokens_check CHECK (
CASE purpose
    WHEN 'invitation'::text THEN ((invitation_id IS NOT NULL) AND (user_id IS NULL))
    ELSE ((user_id IS NOT NULL) AND (invitation_id IS NULL))
END),
    CONSTRAINT mail_tokens_purpose_check CHECK ((purpose = ANY (ARRAY['verify_email'::text, 'reset_password'::text, 'invitation'::text]))),
    CONSTRAINT mail_tokens_token_hash_check CHECK ((octet_length(token_hash) = 32))
);

ALTER TABLE ONLY public.mail_tokens FORCE ROW LEVEL SECURITY;

-- Name: monthly_spend; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.monthly_spend (
    customer_id uuid NOT NULL,
    month date NOT NULL,
    nano_usd bigint DEFAULT 0 NOT NULL,
    alerted_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    platform_nano_usd bigint DEFAULT 0 NOT NULL,
    CONSTRAINT monthly_spend_month_check CHECK ((EXTRACT(day FROM month) = (1)::numeric)),
    CONSTRAINT monthly_spend_nano_usd_check CHECK ((nano_usd >= 0)),
    CONSTRAINT monthly_spend_platform_nano_usd_check CHECK ((platform_nano_usd >= 0))
);

ALTER TABLE ONLY public.monthly_spend FORCE ROW LEVEL SECURITY;

-- Name: oauth_clients; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.oauth_clients (
    id text NOT NULL,
    name text NOT NULL,
    redirect_uris text[] NOT NULL,
    expires_at timestamp with time zone DEFAULT (now() + '1 day'::interval) NOT NULL,
    CONSTRAINT oauth_clients_id_check CHECK ((id ~ '^drc_[0-9A-Za-z_-]{22}$'::text)),
    CONSTRAINT oauth_clients_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 100))),
    CONSTRAINT oauth_clients_redirect_uris_check CHECK (((cardinality(redirect_uris) >= 1) AND (cardinality(redirect_uris) <= 10)))
);

ALTER TABLE ONLY public.oauth_clients FORCE ROW LEVEL SECURITY;

-- Name: oauth_codes; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.oauth_codes (
    customer_id uuid NOT NULL,
    id uuid NOT NULL,
    secret_hash bytea NOT NULL,
    user_id uuid NOT NULL,
    client_id text NOT NULL,
    client_name text NOT NULL,
    redirect_uri text NOT NULL,
    challenge text NOT NULL,
    resource text NOT NULL,
    scopes text[] NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    session_id uuid,
    CONSTRAINT oauth_codes_challenge_check CHECK ((char_length(challenge) = 43)),
    CONSTRAINT oauth_codes_client_id_check CHECK (((char_length(client_id) >= 1) AND (char_length(client_id) <= 2000))),
    CONSTRAINT oauth_codes_client_name_check CHECK (((char_length(client_name) >= 1) AND (char_length(client_name) <= 100))),
    CONSTRAINT oauth_codes_redirect_uri_check CHECK (((char_length(redirect_uri) >= 1) AND (char_length(redirect_uri) <= 2000))),
    CONSTRAINT oauth_codes_scopes_check CHECK ((cardinality(scopes) > 0)),
    CONSTRAINT oauth_codes_secret_hash_check CHECK ((octet_length(secret_hash) = 32))
);

ALTER TABLE ONLY public.oauth_codes FORCE ROW LEVEL SECURITY;

-- Name: oauth_grants; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.oauth_grants (
    customer_id uuid NOT NULL,
    session_id uuid NOT NULL,
    client_id text NOT NULL,
    client_name text NOT NULL,
    redirect_uri text NOT NULL,
    resource text NOT NULL,
    scopes text[] NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT oauth_grants_scopes_check CHECK ((cardinality(scopes) > 0))
);

ALTER TABLE ONLY public.oauth_grants FORCE ROW LEVEL SECURITY;

-- Name: outbox; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.outbox (
    customer_id uuid NOT NULL,
    id bigint NOT NULL,
    job jsonb NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    next_attempt_at timestamp with time zone DEFAULT (now() + '00:00:30'::interval) NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY public.outbox FORCE ROW LEVEL SECURITY;

-- Name: outbox_id_seq; Type: SEQUENCE; Schema: public; Owner: -

ALTER TABLE public.outbox ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.outbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: part_uploads; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.part_uploads (
    customer_id uuid NOT NULL,
    document_id uuid NOT NULL,
    bytes bigint NOT NULL,
    CONSTRAINT part_uploads_bytes_check CHECK ((bytes > 0))
);

ALTER TABLE ONLY public.part_uploads FORCE ROW LEVEL SECURITY;

-- Name: provider_calls; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.provider_calls (
    customer_id uuid NOT NULL,
    id bigint NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    operation text NOT NULL,
    document_id uuid,
    version integer,
    job_id uuid,
    stage text,
    model text NOT NULL,
    attempt integer NOT NULL,
    inputs integer NOT NULL,
    outcome text NOT NULL,
    tokens bigint NOT NULL,
    price_version text NOT NULL,
    nano_usd bigint NOT NULL,
    call_id uuid DEFAULT gen_random_uuid() NOT NULL,
    paid_by text,
    cached_tokens bigint DEFAULT 0 NOT NULL,
    output_tokens bigint DEFAULT 0 NOT NULL,
    asked_by uuid,
    chat_session_id uuid,
    CONSTRAINT provider_calls_attempt_check CHECK ((attempt > 0)),
    CONSTRAINT provider_calls_cached_tokens_check CHECK ((cached_tokens >= 0)),
    CONSTRAINT provider_calls_inputs_check CHECK ((inputs >= 0)),
    CONSTRAINT provider_calls_nano_usd_check CHECK ((nano_usd >= 0)),
    CONSTRAINT provider_calls_operation_check CHECK (((char_length(operation) >= 1) AND (char_length(operation) <= 64))),
    CONSTRAINT provider_calls_outcome_check CHECK ((outcome ~ '^[a-z][a-z0-9_]{1,63}$'::text)),
    CONSTRAINT provider_calls_output_tokens_check CHECK ((output_tokens >= 0)),
    CONSTRAINT provider_calls_paid_by_check CHECK ((paid_by = ANY (ARRAY['customer'::text, 'platform'::text]))),
    CONSTRAINT provider_calls_stage_check CHECK ((stage = ANY (ARRAY['chunking'::text, 'embedding'::text, 'regenerating'::text]))),
    CONSTRAINT provider_calls_tokens_check CHECK ((tokens >= 0))
);

ALTER TABLE ONLY public.provider_calls FORCE ROW LEVEL SECURITY;

-- Name: provider_calls_id_seq; Type: SEQUENCE; Schema: public; Owner: -

ALTER TABLE public.provider_calls ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.provider_calls_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: pushes; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.pushes (
    customer_id uuid NOT NULL,
    id bigint NOT NULL,
    connection_id text NOT NULL,
    channel text NOT NULL,
    subject uuid NOT NULL,
    number bigint,
    collection_id uuid,
    resend_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT pushes_channel_check CHECK ((channel = ANY (ARRAY['documents'::text, 'jobs'::text, 'chat'::text, 'usage'::text])))
);

ALTER TABLE ONLY public.pushes FORCE ROW LEVEL SECURITY;

-- Name: pushes_id_seq; Type: SEQUENCE; Schema: public; Owner: -

ALTER TABLE public.pushes ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.pushes_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: rate_limit_tracker; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.rate_limit_tracker (
    customer_id uuid NOT NULL,
    subject text NOT NULL,
    window_kind text NOT NULL,
    window_start timestamp with time zone NOT NULL,
    count integer NOT NULL,
    CONSTRAINT rate_limit_tracker_count_check CHECK ((count >= 0)),
    CONSTRAINT rate_limit_tracker_window_kind_check CHECK ((window_kind = ANY (ARRAY['minute'::text, 'day'::text])))
)
WITH (fillfactor='50');

ALTER TABLE ONLY public.rate_limit_tracker FORCE ROW LEVEL SECURITY;

-- Name: refresh_tokens; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.refresh_tokens (
    customer_id uuid NOT NULL,
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    session_id uuid NOT NULL,
    token_hash bytea NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    replaced_by uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT refresh_tokens_token_hash_check CHECK ((octet_length(token_hash) = 32))
);

ALTER TABLE ONLY public.refresh_tokens FORCE ROW LEVEL SECURITY;

-- Name: request_buckets; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.request_buckets (
    customer_id uuid NOT NULL,
    subject text NOT NULL,
    taken double precision NOT NULL,
    counted_at timestamp with time zone NOT NULL,
    CONSTRAINT request_buckets_taken_check CHECK ((taken >= (0)::double precision))
)
WITH (fillfactor='50');

ALTER TABLE ONLY public.request_buckets FORCE ROW LEVEL SECURITY;

-- Name: rerankers; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.rerankers (
    customer_id uuid NOT NULL,
    url text NOT NULL,
    model text NOT NULL,
    nano_usd_per_thousand_searches bigint,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT rerankers_model_check CHECK (((char_length(model) >= 1) AND (char_length(model) <= 200))),
    CONSTRAINT rerankers_nano_usd_per_thousand_searches_check CHECK (((nano_usd_per_thousand_searches >= 0) AND (nano_usd_per_thousand_searches <= '1000000000000'::bigint))),
    CONSTRAINT rerankers_url_check CHECK (((char_length(url) >= 1) AND (char_length(url) <= 2048)))
);

ALTER TABLE ONLY public.rerankers FORCE ROW LEVEL SECURITY;

-- Name: responses; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.responses (
    customer_id uuid NOT NULL,
    id uuid NOT NULL,
    session_id uuid NOT NULL,
    number integer NOT NULL,
    previous_id uuid,
    request jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT responses_request_check CHECK ((jsonb_typeof(request) = 'object'::text))
);

ALTER TABLE ONLY public.responses FORCE ROW LEVEL SECURITY;

-- Name: sessions; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.sessions (
    customer_id uuid NOT NULL,
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    end_reason text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT sessions_check CHECK (((ended_at IS NULL) = (end_reason IS NULL))),
    CONSTRAINT sessions_end_reason_check CHECK ((end_reason = ANY (ARRAY['logout'::text, 'password_changed'::text, 'password_reset'::text, 'token_reused'::text, 'user_disabled'::text, 'secrets_rotated'::text, 'account_deleted'::text, 'code_reused'::text, 'revoked'::text])))
);

ALTER TABLE ONLY public.sessions FORCE ROW LEVEL SECURITY;

-- Name: signup_invitations; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.signup_invitations (
    token_hash bytea NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT signup_invitations_token_hash_check CHECK ((octet_length(token_hash) = 32))
);

ALTER TABLE ONLY public.signup_invitations FORCE ROW LEVEL SECURITY;

-- Name: staged_embeddings; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.staged_embeddings (
    customer_id uuid NOT NULL,
    document_id uuid NOT NULL,
    embedding_model text NOT NULL,
    text_hash text NOT NULL,
    vector bytea NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT staged_embeddings_text_hash_check CHECK ((text_hash ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT staged_embeddings_vector_check CHECK (((octet_length(vector) > 0) AND ((octet_length(vector) % 4) = 0)))
);

ALTER TABLE ONLY public.staged_embeddings FORCE ROW LEVEL SECURITY;

-- Name: subscriptions; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.subscriptions (
    customer_id uuid NOT NULL,
    connection_id text NOT NULL,
    channel text NOT NULL,
    subject uuid NOT NULL,
    CONSTRAINT subscriptions_channel_check CHECK ((channel = ANY (ARRAY['documents'::text, 'jobs'::text, 'chat'::text, 'usage'::text])))
);

ALTER TABLE ONLY public.subscriptions FORCE ROW LEVEL SECURITY;

-- Name: throttles; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.throttles (
    subject bytea NOT NULL,
    window_end timestamp with time zone NOT NULL,
    attempts integer NOT NULL,
    CONSTRAINT throttles_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT throttles_subject_check CHECK ((octet_length(subject) = 32))
)
WITH (fillfactor='50');

ALTER TABLE ONLY public.throttles FORCE ROW LEVEL SECURITY;

-- Name: upload_parts; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.upload_parts (
    customer_id uuid NOT NULL,
    document_id uuid NOT NULL,
    id uuid NOT NULL,
    bytes bigint NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT upload_parts_bytes_check CHECK ((bytes > 0))
);

ALTER TABLE ONLY public.upload_parts FORCE ROW LEVEL SECURITY;

-- Name: usage_metrics; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.usage_metrics (
    customer_id uuid NOT NULL,
    day date NOT NULL,
    operation text NOT NULL,
    requests bigint DEFAULT 0 NOT NULL,
    documents bigint DEFAULT 0 NOT NULL,
    chunks bigint DEFAULT 0 NOT NULL,
    tokens bigint DEFAULT 0 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    nano_usd bigint DEFAULT 0 NOT NULL,
    CONSTRAINT usage_metrics_chunks_check CHECK ((chunks >= 0)),
    CONSTRAINT usage_metrics_documents_check CHECK ((documents >= 0)),
    CONSTRAINT usage_metrics_nano_usd_check CHECK ((nano_usd >= 0)),
    CONSTRAINT usage_metrics_operation_check CHECK (((char_length(operation) >= 1) AND (char_length(operation) <= 64))),
    CONSTRAINT usage_metrics_requests_check CHECK ((requests >= 0)),
    CONSTRAINT usage_metrics_tokens_check CHECK ((tokens >= 0))
);

ALTER TABLE ONLY public.usage_metrics FORCE ROW LEVEL SECURITY;

-- Name: users; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.users (
    customer_id uuid NOT NULL,
    id uuid NOT NULL,
    email text NOT NULL,
    password_hash text NOT NULL,
    role text NOT NULL,
    status text DEFAULT 'active'::text NOT NULL,
    platform_admin boolean DEFAULT false NOT NULL,
    tokens_valid_from timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    email_verified_at timestamp with time zone,
    last_login_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT users_email_check CHECK ((email = lower(email))),
    CONSTRAINT users_role_check CHECK ((role = ANY (ARRAY['business'::text, 'user'::text]))),
    CONSTRAINT users_status_check CHECK ((status = ANY (ARRAY['active'::text, 'disabled'::text])))
);

ALTER TABLE ONLY public.users FORCE ROW LEVEL SECURITY;

-- Name: webhook_deliveries; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.webhook_deliveries (
    customer_id uuid NOT NULL,
    id uuid NOT NULL,
    webhook_id uuid NOT NULL,
    event text NOT NULL,
    document_id uuid,
    payload jsonb NOT NULL,
    status text DEFAULT 'pending'::text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    lease_token bigint DEFAULT 0 NOT NULL,
    due_at timestamp with time zone DEFAULT now() NOT NULL,
    resend_at timestamp with time zone DEFAULT now(),
    last_status integer,
    last_error text,
    last_attempt_at timestamp with time zone,
    ended_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    turn_at timestamp with time zone,
    CONSTRAINT webhook_deliveries_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT webhook_deliveries_ended_check CHECK (((status = 'pending'::text) = (ended_at IS NULL))),
    CONSTRAINT webhook_deliveries_event_check CHECK ((event = ANY (ARRAY['document.completed'::text, 'document.failed'::text, 'document.needs_action'::text, 'document.deleted'::text, 'webhook.test'::text]))),
    CONSTRAINT webhook_deliveries_last_error_check CHECK ((last_error ~ '^[a-z][a-z0-9_]{1,63}$'::text)),
    CONSTRAINT webhook_deliveries_last_status_check CHECK (((last_status >= 100) AND (last_status <= 999))),
    CONSTRAINT webhook_deliveries_payload_check CHECK ((jsonb_typeof(payload) = 'object'::text)),
    CONSTRAINT webhook_deliveries_resend_check CHECK (((status = 'pending'::text) = (resend_at IS NOT NULL))),
    CONSTRAINT webhook_deliveries_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'delivered'::text, 'failed'::text, 'discarded'::text])))
);

ALTER TABLE ONLY public.webhook_deliveries FORCE ROW LEVEL SECURITY;

-- Name: webhook_runs; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.webhook_runs (
    customer_id uuid NOT NULL,
    id uuid NOT NULL,
    webhook_id uuid NOT NULL,
    planned_at timestamp with time zone NOT NULL,
    started_at timestamp with time zone,
    status text DEFAULT 'planned'::text NOT NULL,
    code text,
    document_id uuid,
    version integer,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT webhook_runs_code_check CHECK ((code ~ '^[a-z][a-z0-9_]{1,63}$'::text)),
    CONSTRAINT webhook_runs_has_code CHECK (((status = ANY (ARRAY['failed'::text, 'needs_action'::text])) = (code IS NOT NULL))),
    CONSTRAINT webhook_runs_started_check CHECK (((status = 'planned'::text) = (started_at IS NULL))),
    CONSTRAINT webhook_runs_status_check CHECK ((status = ANY (ARRAY['planned'::text, 'started'::text, 'skipped'::text, 'completed'::text, 'failed'::text, 'needs_action'::text]))),
    CONSTRAINT webhook_runs_version_check CHECK ((version > 0))
);

ALTER TABLE ONLY public.webhook_runs FORCE ROW LEVEL SECURITY;

-- Name: webhooks; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.webhooks (
    customer_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    trigger_type text NOT NULL,
    status text DEFAULT 'active'::text NOT NULL,
    url text,
    schedule text,
    events text[] DEFAULT '{}'::text[] NOT NULL,
    secret_version integer,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    token_hash bytea,
    previous_secret_version integer,
    previous_token_hash bytea,
    previous_until timestamp with time zone,
    time_zone text,
    next_run_at timestamp with time zone,
    disabled_reason text,
    failing_since timestamp with time zone,
    last_triggered_at timestamp with time zone,
    collection_id uuid,
    CONSTRAINT webhooks_check CHECK (((trigger_type = 'scheduled'::text) = (schedule IS NOT NULL))),
    CONSTRAINT webhooks_disabled_reason_check CHECK ((disabled_reason = ANY (ARRAY['gone'::text, 'failing'::text]))),
    CONSTRAINT webhooks_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 100))),
    CONSTRAINT webhooks_previous_token_hash_check CHECK ((octet_length(previous_token_hash) = 32)),
    CONSTRAINT webhooks_schedule_check CHECK ((char_length(schedule) <= 256)),
    CONSTRAINT webhooks_status_check CHECK ((status = ANY (ARRAY['active'::text, 'paused'::text, 'disabled'::text]))),
    CONSTRAINT webhooks_time_zone_check CHECK (((char_length(time_zone) >= 1) AND (char_length(time_zone) <= 64))),
    CONSTRAINT webhooks_token_hash_check CHECK ((octet_length(token_hash) = 32)),
    CONSTRAINT webhooks_trigger_type_check CHECK ((trigger_type = ANY (ARRAY['manual'::text, 'scheduled'::text, 'event'::text]))),
    CONSTRAINT webhooks_url_check CHECK ((char_length(url) <= 2048))
);

ALTER TABLE ONLY public.webhooks FORCE ROW LEVEL SECURITY;

-- Name: api_key_collections api_key_collections_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.api_key_collections
    ADD CONSTRAINT api_key_collections_pkey PRIMARY KEY (customer_id, api_key_id, collection_id);

-- Name: api_keys api_keys_bound_scopes; Type: CHECK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE public.api_keys
    ADD CONSTRAINT api_keys_bound_scopes CHECK (((NOT bound) OR (scopes <@ '{documents:read,documents:write,search,chat}'::text[]))) NOT VALID;

-- Name: api_keys api_keys_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_pkey PRIMARY KEY (customer_id, id);

-- Name: api_keys api_keys_public_id_key; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_public_id_key UNIQUE (public_id);

-- Name: audit_log audit_log_actor_kind_check; Type: CHECK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE public.audit_log
    ADD CONSTRAINT audit_log_actor_kind_check CHECK ((actor_kind = ANY (ARRAY['user'::text, 'api_key'::text, 'system'::text, 'platform_admin'::text, 'webhook'::text]))) NOT VALID;

-- Name: audit_log audit_log_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.audit_log
    ADD CONSTRAINT audit_log_pkey PRIMARY KEY (customer_id, id);

-- Name: bulk_documents bulk_documents_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.bulk_documents
    ADD CONSTRAINT bulk_documents_pkey PRIMARY KEY (customer_id, job_id, document_id);

-- Name: chat_feedback chat_feedback_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.chat_feedback
    ADD CONSTRAINT chat_feedback_pkey PRIMARY KEY (customer_id, session_id, number);

-- Name: chat_messages chat_messages_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.chat_messages
    ADD CONSTRAINT chat_messages_pkey PRIMARY KEY (customer_id, session_id, number);

-- Name: chat_providers chat_providers_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.chat_providers
    ADD CONSTRAINT chat_providers_pkey PRIMARY KEY (customer_id, name);

-- Name: chat_sessions chat_sessions_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.chat_sessions
    ADD CONSTRAINT chat_sessions_pkey PRIMARY KEY (customer_id, id);

-- Name: chat_sources chat_sources_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.chat_sources
    ADD CONSTRAINT chat_sources_pkey PRIMARY KEY (customer_id, session_id, number, document_id, version);

-- Name: chat_streams chat_streams_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.chat_streams
    ADD CONSTRAINT chat_streams_pkey PRIMARY KEY (customer_id, id);

-- Name: collections collections_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.collections
    ADD CONSTRAINT collections_pkey PRIMARY KEY (customer_id, id);

-- Name: connection_tickets connection_tickets_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.connection_tickets
    ADD CONSTRAINT connection_tickets_pkey PRIMARY KEY (customer_id, id);

-- Name: connections connections_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.connections
    ADD CONSTRAINT connections_pkey PRIMARY KEY (customer_id, id);

-- Name: crawl_pages crawl_pages_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.crawl_pages
    ADD CONSTRAINT crawl_pages_pkey PRIMARY KEY (customer_id, job_id, url_hash);

-- Name: customer_config customer_config_chunk_size_check; Type: CHECK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE public.customer_config
    ADD CONSTRAINT customer_config_chunk_size_check CHECK (((chunk_size >= 20) AND (chunk_size <= 20000))) NOT VALID;

-- Name: customer_config customer_config_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.customer_config
    ADD CONSTRAINT customer_config_pkey PRIMARY KEY (customer_id);

-- Name: customer_secrets customer_secrets_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.customer_secrets
    ADD CONSTRAINT customer_secrets_pkey PRIMARY KEY (customer_id, purpose, version);

-- Name: customer_secrets customer_secrets_purpose_check; Type: CHECK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE public.customer_secrets
    ADD CONSTRAINT customer_secrets_purpose_check CHECK ((purpose = ANY (ARRAY['access_token'::text, 'refresh_token'::text, 'openai_key'::text, 'webhook'::text, 'reranker_key'::text]))) NOT VALID;

-- Name: customer_storage customer_storage_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.customer_storage
    ADD CONSTRAINT customer_storage_pkey PRIMARY KEY (customer_id);

-- Name: customers customers_check; Type: CHECK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE public.customers
    ADD CONSTRAINT customers_check CHECK (((status = 'deleted'::text) = (erase_at IS NOT NULL))) NOT VALID;

-- Name: customers customers_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.customers
    ADD CONSTRAINT customers_pkey PRIMARY KEY (id);

-- Name: document_events document_events_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.document_events
    ADD CONSTRAINT document_events_pkey PRIMARY KEY (customer_id, document_id, id);

-- Name: document_passwords document_passwords_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.document_passwords
    ADD CONSTRAINT document_passwords_pkey PRIMARY KEY (customer_id, document_id);

-- Name: document_texts document_texts_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.document_texts
    ADD CONSTRAINT document_texts_pkey PRIMARY KEY (customer_id, document_id, version);

-- Name: document_versions document_versions_format_check; Type: CHECK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE public.document_versions
    ADD CONSTRAINT document_versions_format_check CHECK ((format = ANY (ARRAY['pdf'::text, 'txt'::text, 'html'::text, 'md'::text, 'docx'::text, 'pptx'::text, 'xlsx'::text, 'csv'::text, 'json'::text, 'epub'::text, 'eml'::text, 'rtf'::text, 'odt'::text]))) NOT VALID;

-- Name: document_versions document_versions_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.document_versions
    ADD CONSTRAINT document_versions_pkey PRIMARY KEY (customer_id, document_id, version);

-- Name: documents documents_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.documents
    ADD CONSTRAINT documents_pkey PRIMARY KEY (customer_id, id);

-- Name: documents documents_purge_check; Type: CHECK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE public.documents
    ADD CONSTRAINT documents_purge_check CHECK (((purge_at IS NULL) OR ((deleted_at IS NOT NULL) AND (resend_at IS NOT NULL)))) NOT VALID;

-- Name: documents documents_source_check; Type: CHECK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE public.documents
    ADD CONSTRAINT documents_source_check CHECK ((source = ANY (ARRAY['api'::text, 'file'::text, 'presigned'::text, 'url'::text, 'webhook'::text, 'attachment'::text]))) NOT VALID;

-- Name: documents documents_stage_check; Type: CHECK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE public.documents
    ADD CONSTRAINT documents_stage_check CHECK ((stage = ANY (ARRAY['fetching'::text, 'extracting'::text, 'chunking'::text, 'embedding'::text, 'storing'::text]))) NOT VALID;

-- Name: file_batches file_batches_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.file_batches
    ADD CONSTRAINT file_batches_pkey PRIMARY KEY (customer_id, id);

-- Name: host_turns host_turns_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.host_turns
    ADD CONSTRAINT host_turns_pkey PRIMARY KEY (host_hash);

-- Name: idempotency_keys idempotency_keys_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_pkey PRIMARY KEY (customer_id, principal_id, route, key);

-- Name: index_versions index_versions_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.index_versions
    ADD CONSTRAINT index_versions_pkey PRIMARY KEY (customer_id, table_name);

-- Name: index_versions index_versions_table_name_check; Type: CHECK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE public.index_versions
    ADD CONSTRAINT index_versions_table_name_check CHECK ((table_name = ANY (ARRAY['chunks'::text, 'building'::text]))) NOT VALID;

-- Name: invitations invitations_email_key; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.invitations
    ADD CONSTRAINT invitations_email_key UNIQUE (customer_id, email);

-- Name: invitations invitations_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.invitations
    ADD CONSTRAINT invitations_pkey PRIMARY KEY (customer_id, id);

-- Name: jobs jobs_kind_check; Type: CHECK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE public.jobs
    ADD CONSTRAINT jobs_kind_check CHECK ((kind = ANY (ARRAY['export'::text, 'crawl'::text, 'regenerate'::text, 'bulk'::text]))) NOT VALID;

-- Name: jobs jobs_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.jobs
    ADD CONSTRAINT jobs_pkey PRIMARY KEY (customer_id, id);

-- Name: known_addresses known_addresses_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.known_addresses
    ADD CONSTRAINT known_addresses_pkey PRIMARY KEY (customer_id, user_id, address_hash);

-- Name: mail_tokens mail_tokens_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.mail_tokens
    ADD CONSTRAINT mail_tokens_pkey PRIMARY KEY (customer_id, id);

-- Name: monthly_spend monthly_spend_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.monthly_spend
    ADD CONSTRAINT monthly_spend_pkey PRIMARY KEY (customer_id, month);

-- Name: oauth_clients oauth_clients_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.oauth_clients
    ADD CONSTRAINT oauth_clients_pkey PRIMARY KEY (id);

-- Name: oauth_codes oauth_codes_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.oauth_codes
    ADD CONSTRAINT oauth_codes_pkey PRIMARY KEY (customer_id, id);

-- Name: oauth_grants oauth_grants_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.oauth_grants
    ADD CONSTRAINT oauth_grants_pkey PRIMARY KEY (customer_id, session_id);

-- Name: outbox outbox_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (customer_id, id);

-- Name: part_uploads part_uploads_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.part_uploads
    ADD CONSTRAINT part_uploads_pkey PRIMARY KEY (customer_id, document_id);

-- Name: provider_calls provider_calls_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.provider_calls
    ADD CONSTRAINT provider_calls_pkey PRIMARY KEY (customer_id, id);

-- Name: pushes pushes_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.pushes
    ADD CONSTRAINT pushes_pkey PRIMARY KEY (customer_id, id);

-- Name: rate_limit_tracker rate_limit_tracker_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.rate_limit_tracker
    ADD CONSTRAINT rate_limit_tracker_pkey PRIMARY KEY (customer_id, subject, window_kind);

-- Name: refresh_tokens refresh_tokens_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.refresh_tokens
    ADD CONSTRAINT refresh_tokens_pkey PRIMARY KEY (customer_id, id);

-- Name: request_buckets request_buckets_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.request_buckets
    ADD CONSTRAINT request_buckets_pkey PRIMARY KEY (customer_id, subject);

-- Name: rerankers rerankers_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.rerankers
    ADD CONSTRAINT rerankers_pkey PRIMARY KEY (customer_id);

-- Name: responses responses_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.responses
    ADD CONSTRAINT responses_pkey PRIMARY KEY (customer_id, id);

-- Name: sessions sessions_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (customer_id, id);

-- Name: signup_invitations signup_invitations_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.signup_invitations
    ADD CONSTRAINT signup_invitations_pkey PRIMARY KEY (token_hash);

-- Name: staged_embeddings staged_embeddings_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.staged_embeddings
    ADD CONSTRAINT staged_embeddings_pkey PRIMARY KEY (customer_id, document_id, embedding_model, text_hash);

-- Name: subscriptions subscriptions_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.subscriptions
    ADD CONSTRAINT subscriptions_pkey PRIMARY KEY (customer_id, connection_id, channel, subject);

-- Name: throttles throttles_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.throttles
    ADD CONSTRAINT throttles_pkey PRIMARY KEY (subject);

-- Name: upload_parts upload_parts_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.upload_parts
    ADD CONSTRAINT upload_parts_pkey PRIMARY KEY (customer_id, document_id, id);

-- Name: usage_metrics usage_metrics_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.usage_metrics
    ADD CONSTRAINT usage_metrics_pkey PRIMARY KEY (customer_id, day, operation);

-- Name: users users_email_key; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_email_key UNIQUE (email);

-- Name: users users_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (customer_id, id);

-- Name: webhook_deliveries webhook_deliveries_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.webhook_deliveries
    ADD CONSTRAINT webhook_deliveries_pkey PRIMARY KEY (customer_id, id);

-- Name: webhook_runs webhook_runs_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.webhook_runs
    ADD CONSTRAINT webhook_runs_pkey PRIMARY KEY (customer_id, id);

-- Name: webhooks webhooks_has_events; Type: CHECK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE public.webhooks
    ADD CONSTRAINT webhooks_has_events CHECK (((trigger_type = 'event'::text) = (events <> '{}'::text[]))) NOT VALID;

-- Name: webhooks webhooks_has_next_run; Type: CHECK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE public.webhooks
    ADD CONSTRAINT webhooks_has_next_run CHECK ((((trigger_type = 'scheduled'::text) AND (status = 'active'::text)) = (next_run_at IS NOT NULL))) NOT VALID;

-- Name: webhooks webhooks_has_url; Type: CHECK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE public.webhooks
    ADD CONSTRAINT webhooks_has_url CHECK (((trigger_type = 'manual'::text) = (url IS NULL))) NOT VALID;

-- Name: webhooks webhooks_is_disabled; Type: CHECK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE public.webhooks
    ADD CONSTRAINT webhooks_is_disabled CHECK (((status = 'disabled'::text) = (disabled_reason IS NOT NULL))) NOT VALID;

-- Name: webhooks webhooks_known_events; Type: CHECK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE public.webhooks
    ADD CONSTRAINT webhooks_known_events CHECK ((events <@ '{document.completed,document.failed,document.needs_action,document.deleted}'::text[])) NOT VALID;

-- Name: webhooks webhooks_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.webhooks
    ADD CONSTRAINT webhooks_pkey PRIMARY KEY (customer_id, id);

-- Name: api_key_collections_collection; Type: INDEX; Schema: public; Owner: -

CREATE INDEX api_key_collections_collection ON public.api_key_collections USING btree (customer_id, collection_id);

-- Name: api_keys_created_by; Type: INDEX; Schema: public; Owner: -

CREATE INDEX api_keys_created_by ON public.api_keys USING btree (customer_id, created_by);

-- Name: api_keys_default; Type: INDEX; Schema: public; Owner: -

CREATE UNIQUE INDEX api_keys_default ON public.api_keys USING btree (customer_id) WHERE (is_default AND (revoked_at IS NULL));

-- Name: api_keys_list; Type: INDEX; Schema: public; Owner: -

CREATE INDEX api_keys_list ON public.api_keys USING btree (customer_id, created_at DESC, id DESC);

-- Name: api_keys_maker; Type: INDEX; Schema: public; Owner: -

CREATE INDEX api_keys_maker ON public.api_keys USING btree (customer_id, created_by) WHERE (revoked_at IS NULL);

-- Name: audit_log_list; Type: INDEX; Schema: public; Owner: -

CREATE INDEX audit_log_list ON public.audit_log USING btree (customer_id, at DESC, id DESC);

-- Name: bulk_documents_waiting; Type: INDEX; Schema: public; Owner: -

CREATE INDEX bulk_documents_waiting ON public.bulk_documents USING btree (customer_id, job_id, document_id) WHERE (code IS NULL);

-- Name: chat_feedback_newest; Type: INDEX; Schema: public; Owner: -

CREATE INDEX chat_feedback_newest ON public.chat_feedback USING btree (customer_id, created_at DESC, session_id DESC, number DESC);

-- Name: chat_messages_answer; Type: INDEX; Schema: public; Owner: -

CREATE UNIQUE INDEX chat_messages_answer ON public.chat_messages USING btree (customer_id, answer_id) WHERE (answer_id IS NOT NULL);

-- Name: chat_sessions_api_key; Type: INDEX; Schema: public; Owner: -

CREATE INDEX chat_sessions_api_key ON public.chat_sessions USING btree (customer_id, api_key_id, last_used_at DESC, id DESC) WHERE (api_key_id IS NOT NULL);

-- Name: chat_sessions_user; Type: INDEX; Schema: public; Owner: -

CREATE INDEX chat_sessions_user ON public.chat_sessions USING btree (customer_id, user_id, last_used_at DESC, id DESC) WHERE (user_id IS NOT NULL);

-- Name: chat_sources_document; Type: INDEX; Schema: public; Owner: -

CREATE INDEX chat_sources_document ON public.chat_sources USING btree (customer_id, document_id, version);

-- Name: collections_list; Type: INDEX; Schema: public; Owner: -

CREATE INDEX collections_list ON public.collections USING btree (customer_id, created_at DESC, id DESC);

-- Name: collections_name_key; Type: INDEX; Schema: public; Owner: -

CREATE UNIQUE INDEX collections_name_key ON public.collections USING btree (customer_id, lower(NORMALIZE(name, NFC)));

-- Name: connection_tickets_expired; Type: INDEX; Schema: public; Owner: -

CREATE INDEX connection_tickets_expired ON public.connection_tickets USING btree (expires_at);

-- Name: connections_id; Type: INDEX; Schema: public; Owner: -

CREATE INDEX connections_id ON public.connections USING btree (id);

-- Name: connections_opened; Type: INDEX; Schema: public; Owner: -

CREATE INDEX connections_opened ON public.connections USING btree (opened_at);

-- Name: crawl_pages_next; Type: INDEX; Schema: public; Owner: -

CREATE INDEX crawl_pages_next ON public.crawl_pages USING btree (customer_id, job_id, "position") WHERE (status = 'waiting'::text);

-- Name: customers_erasure; Type: INDEX; Schema: public; Owner: -

CREATE INDEX customers_erasure ON public.customers USING btree (erase_at) WHERE (erase_at IS NOT NULL);

-- Name: customers_list; Type: INDEX; Schema: public; Owner: -

CREATE INDEX customers_list ON public.customers USING btree (created_at DESC, id DESC);

-- Name: customers_wrapped; Type: INDEX; Schema: public; Owner: -

CREATE INDEX customers_wrapped ON public.customers USING btree (data_key_wrapped_at) WHERE (wrapped_data_key IS NOT NULL);

-- Name: document_versions_bundle; Type: INDEX; Schema: public; Owner: -

CREATE INDEX document_versions_bundle ON public.document_versions USING btree (customer_id, object_id) WHERE (bundle_offset IS NOT NULL);

-- Name: document_versions_hash; Type: INDEX; Schema: public; Owner: -

CREATE INDEX document_versions_hash ON public.document_versions USING btree (customer_id, content_hash);

-- Name: document_versions_old; Type: INDEX; Schema: public; Owner: -

CREATE INDEX document_versions_old ON public.document_versions USING btree (COALESCE(superseded_at, updated_at)) WHERE (status <> 'published'::text);

-- Name: document_versions_published; Type: INDEX; Schema: public; Owner: -

CREATE UNIQUE INDEX document_versions_published ON public.document_versions USING btree (customer_id, document_id) WHERE (status = 'published'::text);

-- Name: document_versions_retired; Type: INDEX; Schema: public; Owner: -

CREATE INDEX document_versions_retired ON public.document_versions USING btree (customer_id) WHERE (retired_at IS NOT NULL);

-- Name: documents_attached_to; Type: INDEX; Schema: public; Owner: -

CREATE INDEX documents_attached_to ON public.documents USING btree (customer_id, attached_to) WHERE (attached_to IS NOT NULL);

-- Name: documents_budgets; Type: INDEX; Schema: public; Owner: -

CREATE INDEX documents_budgets ON public.documents USING btree (customer_id) WHERE (code = ANY (ARRAY['budget_exceeded'::text, 'platform_budget_exceeded'::text]));

-- Name: documents_collection; Type: INDEX; Schema: public; Owner: -

CREATE INDEX documents_collection ON public.documents USING btree (customer_id, collection_id, created_at DESC, id DESC) WHERE (collection_id IS NOT NULL);

-- Name: documents_deleted_list; Type: INDEX; Schema: public; Owner: -

CREATE INDEX documents_deleted_list ON public.documents USING btree (customer_id, created_at DESC, id DESC) WHERE (purge_at IS NOT NULL);

-- Name: documents_deleting; Type: INDEX; Schema: public; Owner: -

CREATE INDEX documents_deleting ON public.documents USING btree (customer_id, id) WHERE ((deleted_at IS NOT NULL) AND (purge_at IS NULL));

-- Name: documents_external_id_key; Type: INDEX; Schema: public; Owner: -

CREATE UNIQUE INDEX documents_external_id_key ON public.documents USING btree (customer_id, external_id) WHERE (deleted_at IS NULL);

-- Name: documents_file_name; Type: INDEX; Schema: public; Owner: -

CREATE INDEX documents_file_name ON public.documents USING btree (customer_id, file_name) WHERE ((file_name IS NOT NULL) AND (deleted_at IS NULL));

-- Name: documents_list; Type: INDEX; Schema: public; Owner: -

CREATE INDEX documents_list ON public.documents USING btree (customer_id, created_at DESC, id DESC) WHERE (deleted_at IS NULL);

-- Name: documents_put_off; Type: INDEX; Schema: public; Owner: -

CREATE INDEX documents_put_off ON public.documents USING btree (customer_id, put_off_at) WHERE (put_off_at IS NOT NULL);

-- Name: documents_resend; Type: INDEX; Schema: public; Owner: -

CREATE INDEX documents_resend ON public.documents USING btree (resend_at) WHERE (resend_at IS NOT NULL);

-- Name: documents_slow; Type: INDEX; Schema: public; Owner: -

CREATE INDEX documents_slow ON public.documents USING btree (customer_id, status, updated_at) WHERE slow;

-- Name: documents_slow_waiting; Type: INDEX; Schema: public; Owner: -

CREATE INDEX documents_slow_waiting ON public.documents USING btree (customer_id) WHERE (slow AND (status = 'queued'::text) AND (deleted_at IS NULL));

-- Name: documents_source_url_key; Type: INDEX; Schema: public; Owner: -

CREATE UNIQUE INDEX documents_source_url_key ON public.documents USING btree (customer_id, source_url) WHERE ((deleted_at IS NULL) AND (external_id IS NULL));

-- Name: documents_status_list; Type: INDEX; Schema: public; Owner: -

CREATE INDEX documents_status_list ON public.documents USING btree (customer_id, status, created_at DESC, id DESC) WHERE (deleted_at IS NULL);

-- Name: documents_updated; Type: INDEX; Schema: public; Owner: -

CREATE INDEX documents_updated ON public.documents USING btree (customer_id, updated_at DESC, id DESC) WHERE (deleted_at IS NULL);

-- Name: documents_upload_expiry; Type: INDEX; Schema: public; Owner: -

CREATE INDEX documents_upload_expiry ON public.documents USING btree (upload_expires_at) WHERE (upload_expires_at IS NOT NULL);

-- Name: file_batches_collection; Type: INDEX; Schema: public; Owner: -

CREATE INDEX file_batches_collection ON public.file_batches USING btree (customer_id, collection_id);

-- Name: idempotency_keys_age; Type: INDEX; Schema: public; Owner: -

CREATE INDEX idempotency_keys_age ON public.idempotency_keys USING btree (created_at);

-- Name: index_versions_maintenance; Type: INDEX; Schema: public; Owner: -

CREATE INDEX index_versions_maintenance ON public.index_versions USING btree (maintenance_at) WHERE (maintenance_at IS NOT NULL);

-- Name: invitations_expiry; Type: INDEX; Schema: public; Owner: -

CREATE INDEX invitations_expiry ON public.invitations USING btree (expires_at);

-- Name: jobs_due; Type: INDEX; Schema: public; Owner: -

CREATE INDEX jobs_due ON public.jobs USING btree (resend_at) WHERE (resend_at IS NOT NULL);

-- Name: jobs_one_at_a_time; Type: INDEX; Schema: public; Owner: -

CREATE UNIQUE INDEX jobs_one_at_a_time ON public.jobs USING btree (customer_id, kind) WHERE ((finished_at IS NULL) AND (kind = ANY (ARRAY['export'::text, 'regenerate'::text])));

-- Name: known_addresses_age; Type: INDEX; Schema: public; Owner: -

CREATE INDEX known_addresses_age ON public.known_addresses USING btree (last_seen_at);

-- Name: mail_tokens_expiry; Type: INDEX; Schema: public; Owner: -

CREATE INDEX mail_tokens_expiry ON public.mail_tokens USING btree (expires_at);

-- Name: mail_tokens_invitation; Type: INDEX; Schema: public; Owner: -

CREATE INDEX mail_tokens_invitation ON public.mail_tokens USING btree (customer_id, invitation_id);

-- Name: mail_tokens_user; Type: INDEX; Schema: public; Owner: -

CREATE INDEX mail_tokens_user ON public.mail_tokens USING btree (customer_id, user_id);

-- Name: oauth_clients_expired; Type: INDEX; Schema: public; Owner: -

CREATE INDEX oauth_clients_expired ON public.oauth_clients USING btree (expires_at);

-- Name: oauth_codes_expired; Type: INDEX; Schema: public; Owner: -

CREATE INDEX oauth_codes_expired ON public.oauth_codes USING btree (expires_at);

-- Name: outbox_due; Type: INDEX; Schema: public; Owner: -

CREATE INDEX outbox_due ON public.outbox USING btree (next_attempt_at);

-- Name: provider_calls_age; Type: INDEX; Schema: public; Owner: -

CREATE INDEX provider_calls_age ON public.provider_calls USING btree (at);

-- Name: provider_calls_asked_by; Type: INDEX; Schema: public; Owner: -

CREATE INDEX provider_calls_asked_by ON public.provider_calls USING btree (customer_id, asked_by, at) WHERE (asked_by IS NOT NULL);

-- Name: provider_calls_chat_session; Type: INDEX; Schema: public; Owner: -

CREATE INDEX provider_calls_chat_session ON public.provider_calls USING btree (customer_id, chat_session_id) WHERE (chat_session_id IS NOT NULL);

-- Name: provider_calls_document; Type: INDEX; Schema: public; Owner: -

CREATE INDEX provider_calls_document ON public.provider_calls USING btree (customer_id, document_id) WHERE (document_id IS NOT NULL);

-- Name: pushes_connection; Type: INDEX; Schema: public; Owner: -

CREATE INDEX pushes_connection ON public.pushes USING btree (customer_id, connection_id, id);

-- Name: pushes_due; Type: INDEX; Schema: public; Owner: -

CREATE INDEX pushes_due ON public.pushes USING btree (resend_at);

-- Name: refresh_tokens_expiry; Type: INDEX; Schema: public; Owner: -

CREATE INDEX refresh_tokens_expiry ON public.refresh_tokens USING btree (expires_at);

-- Name: refresh_tokens_session; Type: INDEX; Schema: public; Owner: -

CREATE INDEX refresh_tokens_session ON public.refresh_tokens USING btree (customer_id, session_id);

-- Name: refresh_tokens_user; Type: INDEX; Schema: public; Owner: -

CREATE INDEX refresh_tokens_user ON public.refresh_tokens USING btree (customer_id, user_id);

-- Name: responses_message; Type: INDEX; Schema: public; Owner: -

CREATE INDEX responses_message ON public.responses USING btree (customer_id, session_id, number);

-- Name: sessions_expiry; Type: INDEX; Schema: public; Owner: -

CREATE INDEX sessions_expiry ON public.sessions USING btree (expires_at);

-- Name: sessions_user; Type: INDEX; Schema: public; Owner: -

CREATE INDEX sessions_user ON public.sessions USING btree (customer_id, user_id) WHERE (ended_at IS NULL);

-- Name: staged_embeddings_age; Type: INDEX; Schema: public; Owner: -

CREATE INDEX staged_embeddings_age ON public.staged_embeddings USING btree (created_at);

-- Name: staged_embeddings_text; Type: INDEX; Schema: public; Owner: -

CREATE INDEX staged_embeddings_text ON public.staged_embeddings USING btree (customer_id, embedding_model, text_hash);

-- Name: subscriptions_channel; Type: INDEX; Schema: public; Owner: -

CREATE INDEX subscriptions_channel ON public.subscriptions USING btree (customer_id, channel, subject);

-- Name: throttles_end; Type: INDEX; Schema: public; Owner: -

CREATE INDEX throttles_end ON public.throttles USING btree (window_end);

-- Name: users_list; Type: INDEX; Schema: public; Owner: -

CREATE INDEX users_list ON public.users USING btree (customer_id, created_at DESC, id DESC);

-- Name: webhook_deliveries_age; Type: INDEX; Schema: public; Owner: -

CREATE INDEX webhook_deliveries_age ON public.webhook_deliveries USING btree (created_at);

-- Name: webhook_deliveries_customer_due; Type: INDEX; Schema: public; Owner: -

CREATE INDEX webhook_deliveries_customer_due ON public.webhook_deliveries USING btree (customer_id, resend_at) WHERE (resend_at IS NOT NULL);

-- Name: webhook_deliveries_document; Type: INDEX; Schema: public; Owner: -

CREATE INDEX webhook_deliveries_document ON public.webhook_deliveries USING btree (customer_id, document_id, webhook_id);

-- Name: webhook_deliveries_due; Type: INDEX; Schema: public; Owner: -

CREATE INDEX webhook_deliveries_due ON public.webhook_deliveries USING btree (resend_at) WHERE (resend_at IS NOT NULL);

-- Name: webhook_deliveries_list; Type: INDEX; Schema: public; Owner: -

CREATE INDEX webhook_deliveries_list ON public.webhook_deliveries USING btree (customer_id, webhook_id, created_at DESC, id DESC);

-- Name: webhook_runs_age; Type: INDEX; Schema: public; Owner: -

CREATE INDEX webhook_runs_age ON public.webhook_runs USING btree (created_at);

-- Name: webhook_runs_document; Type: INDEX; Schema: public; Owner: -

CREATE INDEX webhook_runs_document ON public.webhook_runs USING btree (customer_id, document_id, version);

-- Name: webhook_runs_list; Type: INDEX; Schema: public; Owner: -

CREATE INDEX webhook_runs_list ON public.webhook_runs USING btree (customer_id, webhook_id, created_at DESC, id DESC);

-- Name: webhooks_collection; Type: INDEX; Schema: public; Owner: -

CREATE INDEX webhooks_collection ON public.webhooks USING btree (customer_id, collection_id) WHERE (collection_id IS NOT NULL);

-- Name: webhooks_due; Type: INDEX; Schema: public; Owner: -

CREATE INDEX webhooks_due ON public.webhooks USING btree (next_run_at) WHERE (next_run_at IS NOT NULL);

-- Name: webhooks_events; Type: INDEX; Schema: public; Owner: -

CREATE INDEX webhooks_events ON public.webhooks USING btree (customer_id) WHERE ((trigger_type = 'event'::text) AND (status = 'active'::text));

-- Name: webhooks_id; Type: INDEX; Schema: public; Owner: -

CREATE INDEX webhooks_id ON public.webhooks USING btree (id) WHERE (trigger_type = 'manual'::text);

-- Name: webhooks_list; Type: INDEX; Schema: public; Owner: -

CREATE INDEX webhooks_list ON public.webhooks USING btree (customer_id, created_at DESC, id DESC);

-- Name: document_versions count_storage_added; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER count_storage_added AFTER INSERT ON public.document_versions REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION public.count_storage();

-- Name: document_versions count_storage_changed; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER count_storage_changed AFTER UPDATE ON public.document_versions REFERENCING OLD TABLE AS stale NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION public.count_storage();

-- Name: document_versions count_storage_gone; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER count_storage_gone AFTER DELETE ON public.document_versions REFERENCING OLD TABLE AS stale FOR EACH STATEMENT EXECUTE FUNCTION public.count_storage();

-- Name: documents move_attachments; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER move_attachments AFTER UPDATE OF collection_id ON public.documents FOR EACH ROW WHEN (((old.collection_id IS DISTINCT FROM new.collection_id) AND (new.deleted_at IS NULL))) EXECUTE FUNCTION public.move_attachments();

-- Name: document_versions overtake; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER overtake AFTER INSERT ON public.document_versions FOR EACH ROW WHEN ((new.version > 1)) EXECUTE FUNCTION public.overtake_versions();

-- Name: chat_messages push; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER push AFTER INSERT ON public.chat_messages FOR EACH ROW WHEN ((new.role = 'assistant'::text)) EXECUTE FUNCTION public.push_answer();

-- Name: document_events push; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER push AFTER INSERT ON public.document_events FOR EACH ROW EXECUTE FUNCTION public.push_document_step();

-- Name: monthly_spend push; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER push AFTER UPDATE ON public.monthly_spend FOR EACH ROW WHEN (((old.alerted_at IS NULL) AND (new.alerted_at IS NOT NULL))) EXECUTE FUNCTION public.push_budget_alert();

-- Name: jobs push_changed; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER push_changed AFTER UPDATE ON public.jobs FOR EACH ROW WHEN (((old.status <> new.status) OR (old.progress <> new.progress))) EXECUTE FUNCTION public.push_job();

-- Name: documents push_deleted; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER push_deleted AFTER UPDATE ON public.documents FOR EACH ROW WHEN (((old.deleted_at IS NULL) AND (new.deleted_at IS NOT NULL))) EXECUTE FUNCTION public.push_document_deleted();

-- Name: jobs push_new; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER push_new AFTER INSERT ON public.jobs FOR EACH ROW EXECUTE FUNCTION public.push_job();

-- Name: documents record_changed; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER record_changed AFTER UPDATE ON public.documents FOR EACH ROW WHEN (((((old.status IS DISTINCT FROM new.status) OR (old.stage IS DISTINCT FROM new.stage)) OR (old.latest_version IS DISTINCT FROM new.latest_version)) OR (old.attempts IS DISTINCT FROM new.attempts))) EXECUTE FUNCTION public.record_document_event();

-- Name: documents record_created; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER record_created AFTER INSERT ON public.documents FOR EACH ROW EXECUTE FUNCTION public.record_document_event();

-- Name: documents record_ended; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER record_ended AFTER UPDATE ON public.documents FOR EACH ROW WHEN ((((old.deleted_at IS NULL) AND ((new.deleted_at IS NOT NULL) OR ((old.status <> new.status) AND (new.status = ANY (ARRAY['completed'::text, 'failed'::text, 'needs_action'::text]))))) OR ((old.deleted_at IS NOT NULL) AND (new.deleted_at IS NULL) AND (new.status = ANY (ARRAY['completed'::text, 'failed'::text, 'needs_action'::text]))))) EXECUTE FUNCTION public.record_deliveries();

-- Name: documents record_run_ended; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER record_run_ended AFTER UPDATE ON public.documents FOR EACH ROW WHEN (((new.source = 'url'::text) AND (old.status <> new.status) AND (new.status = ANY (ARRAY['completed'::text, 'failed'::text, 'needs_action'::text])))) EXECUTE FUNCTION public.record_run_ended();

-- Name: api_keys touch; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER touch BEFORE UPDATE ON public.api_keys FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();

-- Name: chat_feedback touch; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER touch BEFORE UPDATE ON public.chat_feedback FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();

-- Name: chat_providers touch; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER touch BEFORE UPDATE ON public.chat_providers FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();

-- Name: collections touch; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER touch BEFORE UPDATE ON public.collections FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();

-- Name: crawl_pages touch; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER touch BEFORE UPDATE ON public.crawl_pages FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();

-- Name: customer_config touch; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER touch BEFORE UPDATE ON public.customer_config FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();

-- Name: customer_secrets touch; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER touch BEFORE UPDATE ON public.customer_secrets FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();

-- Name: customer_storage touch; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER touch BEFORE UPDATE ON public.customer_storage FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();

-- Name: customers touch; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER touch BEFORE UPDATE ON public.customers FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();

-- Name: document_passwords touch; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER touch BEFORE UPDATE ON public.document_passwords FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();

-- Name: document_versions touch; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER touch BEFORE UPDATE ON public.document_versions FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();

-- Name: documents touch; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER touch BEFORE UPDATE ON public.documents FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();

-- Name: index_versions touch; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER touch BEFORE UPDATE ON public.index_versions FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();

-- Name: invitations touch; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER touch BEFORE UPDATE ON public.invitations FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();

-- Name: jobs touch; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER touch BEFORE UPDATE ON public.jobs FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();

-- Name: monthly_spend touch; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER touch BEFORE UPDATE ON public.monthly_spend FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();

-- Name: refresh_tokens touch; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER touch BEFORE UPDATE ON public.refresh_tokens FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();

-- Name: rerankers touch; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER touch BEFORE UPDATE ON public.rerankers FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();

-- Name: sessions touch; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER touch BEFORE UPDATE ON public.sessions FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();

-- Name: usage_metrics touch; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER touch BEFORE UPDATE ON public.usage_metrics FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();

-- Name: users touch; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER touch BEFORE UPDATE ON public.users FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();

-- Name: webhook_deliveries touch; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER touch BEFORE UPDATE ON public.webhook_deliveries FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();

-- Name: webhooks touch; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER touch BEFORE UPDATE ON public.webhooks FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();

-- Name: api_key_collections api_key_collections_customer_id_api_key_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.api_key_collections
    ADD CONSTRAINT api_key_collections_customer_id_api_key_id_fkey FOREIGN KEY (customer_id, api_key_id) REFERENCES public.api_keys(customer_id, id) ON DELETE CASCADE;

-- Name: api_key_collections api_key_collections_customer_id_collection_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.api_key_collections
    ADD CONSTRAINT api_key_collections_customer_id_collection_id_fkey FOREIGN KEY (customer_id, collection_id) REFERENCES public.collections(customer_id, id) ON DELETE CASCADE;

-- Name: api_keys api_keys_customer_id_created_by_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_customer_id_created_by_fkey FOREIGN KEY (customer_id, created_by) REFERENCES public.users(customer_id, id) ON DELETE SET NULL (created_by);

-- Name: api_keys api_keys_customer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id) ON DELETE CASCADE;

-- Name: audit_log audit_log_customer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.audit_log
    ADD CONSTRAINT audit_log_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id) ON DELETE CASCADE;

-- Name: bulk_documents bulk_documents_customer_id_job_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.bulk_documents
    ADD CONSTRAINT bulk_documents_customer_id_job_id_fkey FOREIGN KEY (customer_id, job_id) REFERENCES public.jobs(customer_id, id) ON DELETE CASCADE;

-- Name: chat_feedback chat_feedback_customer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.chat_feedback
    ADD CONSTRAINT chat_feedback_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id) ON DELETE CASCADE;

-- Name: chat_feedback chat_feedback_customer_id_session_id_number_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.chat_feedback
    ADD CONSTRAINT chat_feedback_customer_id_session_id_number_fkey FOREIGN KEY (customer_id, session_id, number) REFERENCES public.chat_messages(customer_id, session_id, number) ON DELETE CASCADE;

-- Name: chat_messages chat_messages_customer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.chat_messages
    ADD CONSTRAINT chat_messages_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id) ON DELETE CASCADE;

-- Name: chat_messages chat_messages_customer_id_session_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.chat_messages
    ADD CONSTRAINT chat_messages_customer_id_session_id_fkey FOREIGN KEY (customer_id, session_id) REFERENCES public.chat_sessions(customer_id, id) ON DELETE CASCADE;

-- Name: chat_providers chat_providers_customer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.chat_providers
    ADD CONSTRAINT chat_providers_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id) ON DELETE CASCADE;

-- Name: chat_sessions chat_sessions_customer_id_api_key_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.chat_sessions
    ADD CONSTRAINT chat_sessions_customer_id_api_key_id_fkey FOREIGN KEY (customer_id, api_key_id) REFERENCES public.api_keys(customer_id, id) ON DELETE CASCADE;

-- Name: chat_sessions chat_sessions_customer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.chat_sessions
    ADD CONSTRAINT chat_sessions_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id) ON DELETE CASCADE;

-- Name: chat_sessions chat_sessions_customer_id_user_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.chat_sessions
    ADD CONSTRAINT chat_sessions_customer_id_user_id_fkey FOREIGN KEY (customer_id, user_id) REFERENCES public.users(customer_id, id) ON DELETE CASCADE;

-- Name: chat_sources chat_sources_customer_id_document_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.chat_sources
    ADD CONSTRAINT chat_sources_customer_id_document_id_fkey FOREIGN KEY (customer_id, document_id) REFERENCES public.documents(customer_id, id) ON DELETE CASCADE;

-- Name: chat_sources chat_sources_customer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.chat_sources
    ADD CONSTRAINT chat_sources_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id) ON DELETE CASCADE;

-- Name: chat_sources chat_sources_customer_id_session_id_number_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.chat_sources
    ADD CONSTRAINT chat_sources_customer_id_session_id_number_fkey FOREIGN KEY (customer_id, session_id, number) REFERENCES public.chat_messages(customer_id, session_id, number) ON DELETE CASCADE;

-- Name: chat_streams chat_streams_customer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.chat_streams
    ADD CONSTRAINT chat_streams_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id) ON DELETE CASCADE;

-- Name: collections collections_customer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.collections
    ADD CONSTRAINT collections_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id) ON DELETE CASCADE;

-- Name: connection_tickets connection_tickets_customer_id_api_key_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.connection_tickets
    ADD CONSTRAINT connection_tickets_customer_id_api_key_id_fkey FOREIGN KEY (customer_id, api_key_id) REFERENCES public.api_keys(customer_id, id) ON DELETE CASCADE;

-- Name: connection_tickets connection_tickets_customer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.connection_tickets
    ADD CONSTRAINT connection_tickets_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id) ON DELETE CASCADE;

-- Name: connection_tickets connection_tickets_customer_id_session_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.connection_tickets
    ADD CONSTRAINT connection_tickets_customer_id_session_id_fkey FOREIGN KEY (customer_id, session_id) REFERENCES public.sessions(customer_id, id) ON DELETE CASCADE;

-- Name: connections connections_customer_id_api_key_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.connections
    ADD CONSTRAINT connections_customer_id_api_key_id_fkey FOREIGN KEY (customer_id, api_key_id) REFERENCES public.api_keys(customer_id, id) ON DELETE CASCADE;

-- Name: connections connections_customer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.connections
    ADD CONSTRAINT connections_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id) ON DELETE CASCADE;

-- Name: connections connections_customer_id_session_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.connections
    ADD CONSTRAINT connections_customer_id_session_id_fkey FOREIGN KEY (customer_id, session_id) REFERENCES public.sessions(customer_id, id) ON DELETE CASCADE;

-- Name: crawl_pages crawl_pages_customer_id_job_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.crawl_pages
    ADD CONSTRAINT crawl_pages_customer_id_job_id_fkey FOREIGN KEY (customer_id, job_id) REFERENCES public.jobs(customer_id, id) ON DELETE CASCADE;

-- Name: customer_config customer_config_customer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.customer_config
    ADD CONSTRAINT customer_config_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id) ON DELETE CASCADE;

-- Name: customer_secrets customer_secrets_customer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.customer_secrets
    ADD CONSTRAINT customer_secrets_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id) ON DELETE CASCADE;

-- Name: customer_storage customer_storage_customer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.customer_storage
    ADD CONSTRAINT customer_storage_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id) ON DELETE CASCADE;

-- Name: document_events document_events_customer_id_document_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.document_events
    ADD CONSTRAINT document_events_customer_id_document_id_fkey FOREIGN KEY (customer_id, document_id) REFERENCES public.documents(customer_id, id) ON DELETE CASCADE;

-- Name: document_passwords document_passwords_customer_id_document_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.document_passwords
    ADD CONSTRAINT document_passwords_customer_id_document_id_fkey FOREIGN KEY (customer_id, document_id) REFERENCES public.documents(customer_id, id) ON DELETE CASCADE;

-- Name: document_texts document_texts_customer_id_document_id_version_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.document_texts
    ADD CONSTRAINT document_texts_customer_id_document_id_version_fkey FOREIGN KEY (customer_id, document_id, version) REFERENCES public.document_versions(customer_id, document_id, version) ON DELETE CASCADE;

-- Name: document_versions document_versions_customer_id_document_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.document_versions
    ADD CONSTRAINT document_versions_customer_id_document_id_fkey FOREIGN KEY (customer_id, document_id) REFERENCES public.documents(customer_id, id) ON DELETE CASCADE;

-- Name: documents documents_attached_to_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.documents
    ADD CONSTRAINT documents_attached_to_fkey FOREIGN KEY (customer_id, attached_to) REFERENCES public.documents(customer_id, id) ON DELETE SET NULL (attached_to) NOT VALID;

-- Name: documents documents_collection_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.documents
    ADD CONSTRAINT documents_collection_fkey FOREIGN KEY (customer_id, collection_id) REFERENCES public.collections(customer_id, id) ON DELETE SET NULL (collection_id) NOT VALID;

-- Name: documents documents_customer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.documents
    ADD CONSTRAINT documents_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id) ON DELETE CASCADE;

-- Name: file_batches file_batches_customer_id_collection_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.file_batches
    ADD CONSTRAINT file_batches_customer_id_collection_id_fkey FOREIGN KEY (customer_id, collection_id) REFERENCES public.collections(customer_id, id) ON DELETE CASCADE;

-- Name: file_batches file_batches_customer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.file_batches
    ADD CONSTRAINT file_batches_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id) ON DELETE CASCADE;

-- Name: idempotency_keys idempotency_keys_customer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id) ON DELETE CASCADE;

-- Name: index_versions index_versions_customer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.index_versions
    ADD CONSTRAINT index_versions_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id) ON DELETE CASCADE;

-- Name: invitations invitations_customer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.invitations
    ADD CONSTRAINT invitations_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id) ON DELETE CASCADE;

-- Name: invitations invitations_customer_id_invited_by_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.invitations
    ADD CONSTRAINT invitations_customer_id_invited_by_fkey FOREIGN KEY (customer_id, invited_by) REFERENCES public.users(customer_id, id) ON DELETE SET NULL (invited_by);

-- Name: jobs jobs_customer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.jobs
    ADD CONSTRAINT jobs_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id) ON DELETE CASCADE;

-- Name: known_addresses known_addresses_customer_id_user_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.known_addresses
    ADD CONSTRAINT known_addresses_customer_id_user_id_fkey FOREIGN KEY (customer_id, user_id) REFERENCES public.users(customer_id, id) ON DELETE CASCADE;

-- Name: mail_tokens mail_tokens_customer_id_invitation_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.mail_tokens
    ADD CONSTRAINT mail_tokens_customer_id_invitation_id_fkey FOREIGN KEY (customer_id, invitation_id) REFERENCES public.invitations(customer_id, id) ON DELETE CASCADE;

-- Name: mail_tokens mail_tokens_customer_id_user_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.mail_tokens
    ADD CONSTRAINT mail_tokens_customer_id_user_id_fkey FOREIGN KEY (customer_id, user_id) REFERENCES public.users(customer_id, id) ON DELETE CASCADE;

-- Name: monthly_spend monthly_spend_customer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.monthly_spend
    ADD CONSTRAINT monthly_spend_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id) ON DELETE CASCADE;

-- Name: oauth_codes oauth_codes_customer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.oauth_codes
    ADD CONSTRAINT oauth_codes_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id) ON DELETE CASCADE;

-- Name: oauth_codes oauth_codes_customer_id_user_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.oauth_codes
    ADD CONSTRAINT oauth_codes_customer_id_user_id_fkey FOREIGN KEY (customer_id, user_id) REFERENCES public.users(customer_id, id) ON DELETE CASCADE;

-- Name: oauth_grants oauth_grants_customer_id_session_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.oauth_grants
    ADD CONSTRAINT oauth_grants_customer_id_session_id_fkey FOREIGN KEY (customer_id, session_id) REFERENCES public.sessions(customer_id, id) ON DELETE CASCADE;

-- Name: outbox outbox_customer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id) ON DELETE CASCADE;

-- Name: part_uploads part_uploads_customer_id_document_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.part_uploads
    ADD CONSTRAINT part_uploads_customer_id_document_id_fkey FOREIGN KEY (customer_id, document_id) REFERENCES public.documents(customer_id, id) ON DELETE CASCADE;

-- Name: part_uploads part_uploads_customer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.part_uploads
    ADD CONSTRAINT part_uploads_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id) ON DELETE CASCADE;

-- Name: provider_calls provider_calls_customer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.provider_calls
    ADD CONSTRAINT provider_calls_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id) ON DELETE CASCADE;

-- Name: pushes pushes_customer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.pushes
    ADD CONSTRAINT pushes_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id) ON DELETE CASCADE;

-- Name: rate_limit_tracker rate_limit_tracker_customer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.rate_limit_tracker
    ADD CONSTRAINT rate_limit_tracker_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id) ON DELETE CASCADE;

-- Name: refresh_tokens refresh_tokens_customer_id_session_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.refresh_tokens
    ADD CONSTRAINT refresh_tokens_customer_id_session_id_fkey FOREIGN KEY (customer_id, session_id) REFERENCES public.sessions(customer_id, id) ON DELETE CASCADE;

-- Name: refresh_tokens refresh_tokens_customer_id_user_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.refresh_tokens
    ADD CONSTRAINT refresh_tokens_customer_id_user_id_fkey FOREIGN KEY (customer_id, user_id) REFERENCES public.users(customer_id, id) ON DELETE CASCADE;

-- Name: request_buckets request_buckets_customer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.request_buckets
    ADD CONSTRAINT request_buckets_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id) ON DELETE CASCADE;

-- Name: rerankers rerankers_customer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.rerankers
    ADD CONSTRAINT rerankers_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id) ON DELETE CASCADE;

-- Name: responses responses_customer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.responses
    ADD CONSTRAINT responses_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id) ON DELETE CASCADE;

-- Name: responses responses_customer_id_session_id_number_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.responses
    ADD CONSTRAINT responses_customer_id_session_id_number_fkey FOREIGN KEY (customer_id, session_id, number) REFERENCES public.chat_messages(customer_id, session_id, number) ON DELETE CASCADE;

-- Name: sessions sessions_customer_id_user_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_customer_id_user_id_fkey FOREIGN KEY (customer_id, user_id) REFERENCES public.users(customer_id, id) ON DELETE CASCADE;

-- Name: staged_embeddings staged_embeddings_customer_id_document_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.staged_embeddings
    ADD CONSTRAINT staged_embeddings_customer_id_document_id_fkey FOREIGN KEY (customer_id, document_id) REFERENCES public.documents(customer_id, id) ON DELETE CASCADE;

-- Name: subscriptions subscriptions_customer_id_connection_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.subscriptions
    ADD CONSTRAINT subscriptions_customer_id_connection_id_fkey FOREIGN KEY (customer_id, connection_id) REFERENCES public.connections(customer_id, id) ON DELETE CASCADE;

-- Name: upload_parts upload_parts_customer_id_document_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.upload_parts
    ADD CONSTRAINT upload_parts_customer_id_document_id_fkey FOREIGN KEY (customer_id, document_id) REFERENCES public.documents(customer_id, id) ON DELETE CASCADE;

-- Name: upload_parts upload_parts_customer_id_document_id_fkey1; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.upload_parts
    ADD CONSTRAINT upload_parts_customer_id_document_id_fkey1 FOREIGN KEY (customer_id, document_id) REFERENCES public.part_uploads(customer_id, document_id) ON DELETE CASCADE;

-- Name: upload_parts upload_parts_customer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.upload_parts
    ADD CONSTRAINT upload_parts_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id) ON DELETE CASCADE;

-- Name: usage_metrics usage_metrics_customer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.usage_metrics
    ADD CONSTRAINT usage_metrics_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id) ON DELETE CASCADE;

-- Name: users users_customer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id) ON DELETE CASCADE;

-- Name: webhook_deliveries webhook_deliveries_customer_id_webhook_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.webhook_deliveries
    ADD CONSTRAINT webhook_deliveries_customer_id_webhook_id_fkey FOREIGN KEY (customer_id, webhook_id) REFERENCES public.webhooks(customer_id, id) ON DELETE CASCADE;

-- Name: webhook_runs webhook_runs_customer_id_webhook_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.webhook_runs
    ADD CONSTRAINT webhook_runs_customer_id_webhook_id_fkey FOREIGN KEY (customer_id, webhook_id) REFERENCES public.webhooks(customer_id, id) ON DELETE CASCADE;

-- Name: webhooks webhooks_collection_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.webhooks
    ADD CONSTRAINT webhooks_collection_fkey FOREIGN KEY (customer_id, collection_id) REFERENCES public.collections(customer_id, id) ON DELETE SET NULL (collection_id) NOT VALID;

-- Name: webhooks webhooks_customer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.webhooks
    ADD CONSTRAINT webhooks_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id) ON DELETE CASCADE;

-- Name: api_key_collections; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.api_key_collections ENABLE ROW LEVEL SECURITY;

-- Name: api_keys; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.api_keys ENABLE ROW LEVEL SECURITY;

-- Name: audit_log; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.audit_log ENABLE ROW LEVEL SECURITY;

-- Name: chat_sources bound; Type: POLICY; Schema: public; Owner: -

CREATE POLICY bound ON public.chat_sources AS RESTRICTIVE TO dynrag_app USING ((( SELECT (public.current_collections() IS NULL)) OR public.sees_document(document_id))) WITH CHECK ((( SELECT (public.current_collections() IS NULL)) OR public.sees_document(document_id)));

-- Name: collections bound; Type: POLICY; Schema: public; Owner: -

CREATE POLICY bound ON public.collections AS RESTRICTIVE TO dynrag_app USING ((( SELECT (public.current_collections() IS NULL)) OR (id = ANY (( SELECT public.current_collections() AS current_collections)::uuid[])))) WITH CHECK ((( SELECT (public.current_collections() IS NULL)) OR (id = ANY (( SELECT public.current_collections() AS current_collections)::uuid[]))));

-- Name: crawl_pages bound; Type: POLICY; Schema: public; Owner: -

CREATE POLICY bound ON public.crawl_pages AS RESTRICTIVE TO dynrag_app USING ((( SELECT (public.current_collections() IS NULL)) OR public.sees_job(job_id))) WITH CHECK ((( SELECT (public.current_collections() IS NULL)) OR public.sees_job(job_id)));

-- Name: document_events bound; Type: POLICY; Schema: public; Owner: -

CREATE POLICY bound ON public.document_events AS RESTRICTIVE TO dynrag_app USING ((( SELECT (public.current_collections() IS NULL)) OR public.sees_document(document_id))) WITH CHECK ((( SELECT (public.current_collections() IS NULL)) OR public.sees_document(document_id)));

-- Name: document_passwords bound; Type: POLICY; Schema: public; Owner: -

CREATE POLICY bound ON public.document_passwords AS RESTRICTIVE TO dynrag_app USING ((( SELECT (public.current_collections() IS NULL)) OR public.sees_document(document_id))) WITH CHECK ((( SELECT (public.current_collections() IS NULL)) OR public.sees_document(document_id)));

-- Name: document_texts bound; Type: POLICY; Schema: public; Owner: -

CREATE POLICY bound ON public.document_texts AS RESTRICTIVE TO dynrag_app USING ((( SELECT (public.current_collections() IS NULL)) OR public.sees_document(document_id))) WITH CHECK ((( SELECT (public.current_collections() IS NULL)) OR public.sees_document(document_id)));

-- Name: document_versions bound; Type: POLICY; Schema: public; Owner: -

CREATE POLICY bound ON public.document_versions AS RESTRICTIVE TO dynrag_app USING ((( SELECT (public.current_collections() IS NULL)) OR public.sees_document(document_id))) WITH CHECK ((( SELECT (public.current_collections() IS NULL)) OR public.sees_document(document_id)));

-- Name: documents bound; Type: POLICY; Schema: public; Owner: -

CREATE POLICY bound ON public.documents AS RESTRICTIVE TO dynrag_app USING ((( SELECT (public.current_collections() IS NULL)) OR (collection_id = ANY (( SELECT public.current_collections() AS current_collections)::uuid[])))) WITH CHECK ((( SELECT (public.current_collections() IS NULL)) OR (collection_id = ANY (( SELECT public.current_collections() AS current_collections)::uuid[]))));

-- Name: file_batches bound; Type: POLICY; Schema: public; Owner: -

CREATE POLICY bound ON public.file_batches AS RESTRICTIVE TO dynrag_app USING ((( SELECT (public.current_collections() IS NULL)) OR (collection_id = ANY (( SELECT public.current_collections() AS current_collections)::uuid[])))) WITH CHECK ((( SELECT (public.current_collections() IS NULL)) OR (collection_id = ANY (( SELECT public.current_collections() AS current_collections)::uuid[]))));

-- Name: jobs bound; Type: POLICY; Schema: public; Owner: -

CREATE POLICY bound ON public.jobs AS RESTRICTIVE TO dynrag_app USING ((( SELECT (public.current_collections() IS NULL)) OR ((kind = 'crawl'::text) AND (((progress ->> 'collectionId'::text))::uuid = ANY (( SELECT public.current_collections() AS current_collections)::uuid[]))))) WITH CHECK ((( SELECT (public.current_collections() IS NULL)) OR ((kind = 'crawl'::text) AND (((progress ->> 'collectionId'::text))::uuid = ANY (( SELECT public.current_collections() AS current_collections)::uuid[])))));

-- Name: part_uploads bound; Type: POLICY; Schema: public; Owner: -

CREATE POLICY bound ON public.part_uploads AS RESTRICTIVE TO dynrag_app USING ((( SELECT (public.current_collections() IS NULL)) OR public.sees_document(document_id))) WITH CHECK ((( SELECT (public.current_collections() IS NULL)) OR public.sees_document(document_id)));

-- Name: staged_embeddings bound; Type: POLICY; Schema: public; Owner: -

CREATE POLICY bound ON public.staged_embeddings AS RESTRICTIVE TO dynrag_app USING ((( SELECT (public.current_collections() IS NULL)) OR public.sees_document(document_id))) WITH CHECK ((( SELECT (public.current_collections() IS NULL)) OR public.sees_document(document_id)));

-- Name: upload_parts bound; Type: POLICY; Schema: public; Owner: -

CREATE POLICY bound ON public.upload_parts AS RESTRICTIVE TO dynrag_app USING ((( SELECT (public.current_collections() IS NULL)) OR public.sees_document(document_id))) WITH CHECK ((( SELECT (public.current_collections() IS NULL)) OR public.sees_document(document_id)));

-- Name: bulk_documents; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.bulk_documents ENABLE ROW LEVEL SECURITY;

-- Name: chat_feedback; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.chat_feedback ENABLE ROW LEVEL SECURITY;

-- Name: chat_messages; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.chat_messages ENABLE ROW LEVEL SECURITY;

-- Name: chat_providers; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.chat_providers ENABLE ROW LEVEL SECURITY;

-- Name: chat_sessions; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.chat_sessions ENABLE ROW LEVEL SECURITY;

-- Name: chat_sources; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.chat_sources ENABLE ROW LEVEL SECURITY;

-- Name: chat_streams; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.chat_streams ENABLE ROW LEVEL SECURITY;

-- Name: collections; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.collections ENABLE ROW LEVEL SECURITY;

-- Name: connection_tickets; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.connection_tickets ENABLE ROW LEVEL SECURITY;

-- Name: connections; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.connections ENABLE ROW LEVEL SECURITY;

-- Name: crawl_pages; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.crawl_pages ENABLE ROW LEVEL SECURITY;

-- Name: customer_config; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.customer_config ENABLE ROW LEVEL SECURITY;

-- Name: customer_secrets; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.customer_secrets ENABLE ROW LEVEL SECURITY;

-- Name: customer_storage; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.customer_storage ENABLE ROW LEVEL SECURITY;

-- Name: customers; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.customers ENABLE ROW LEVEL SECURITY;

-- Name: api_key_collections definer; Type: POLICY; Schema: public; Owner: -

CREATE POLICY definer ON public.api_key_collections FOR SELECT TO dynrag_definer USING (true);

-- Name: api_keys definer; Type: POLICY; Schema: public; Owner: -

CREATE POLICY definer ON public.api_keys TO dynrag_definer USING (true) WITH CHECK (true);

-- Name: connection_tickets definer; Type: POLICY; Schema: public; Owner: -

CREATE POLICY definer ON public.connection_tickets TO dynrag_definer USING (true) WITH CHECK (true);

-- Name: connections definer; Type: POLICY; Schema: public; Owner: -

CREATE POLICY definer ON public.connections TO dynrag_definer USING (true) WITH CHECK (true);

-- Name: customer_config definer; Type: POLICY; Schema: public; Owner: -

CREATE POLICY definer ON public.customer_config FOR SELECT TO dynrag_definer USING (true);

-- Name: customer_secrets definer; Type: POLICY; Schema: public; Owner: -

CREATE POLICY definer ON public.customer_secrets FOR SELECT TO dynrag_definer USING (true);

-- Name: customer_storage definer; Type: POLICY; Schema: public; Owner: -

CREATE POLICY definer ON public.customer_storage TO dynrag_definer USING (true) WITH CHECK (true);

-- Name: customers definer; Type: POLICY; Schema: public; Owner: -

CREATE POLICY definer ON public.customers FOR SELECT TO dynrag_definer USING (true);

-- Name: document_events definer; Type: POLICY; Schema: public; Owner: -

CREATE POLICY definer ON public.document_events FOR INSERT TO dynrag_definer WITH CHECK (true);

-- Name: document_versions definer; Type: POLICY; Schema: public; Owner: -

CREATE POLICY definer ON public.document_versions FOR SELECT TO dynrag_definer USING (true);

-- Name: documents definer; Type: POLICY; Schema: public; Owner: -

CREATE POLICY definer ON public.documents TO dynrag_definer USING (true) WITH CHECK (true);

-- Name: host_turns definer; Type: POLICY; Schema: public; Owner: -

CREATE POLICY definer ON public.host_turns TO dynrag_definer USING (true) WITH CHECK (true);

-- Name: idempotency_keys definer; Type: POLICY; Schema: public; Owner: -

CREATE POLICY definer ON public.idempotency_keys TO dynrag_definer USING (true) WITH CHECK (true);

-- Name: index_versions definer; Type: POLICY; Schema: public; Owner: -

CREATE POLICY definer ON public.index_versions FOR SELECT TO dynrag_definer USING (true);

-- Name: invitations definer; Type: POLICY; Schema: public; Owner: -

CREATE POLICY definer ON public.invitations TO dynrag_definer USING (true) WITH CHECK (true);

-- Name: jobs definer; Type: POLICY; Schema: public; Owner: -

CREATE POLICY definer ON public.jobs TO dynrag_definer USING (true) WITH CHECK (true);

-- Name: known_addresses definer; Type: POLICY; Schema: public; Owner: -

CREATE POLICY definer ON public.known_addresses TO dynrag_definer USING (true) WITH CHECK (true);

-- Name: mail_tokens definer; Type: POLICY; Schema: public; Owner: -

CREATE POLICY definer ON public.mail_tokens TO dynrag_definer USING (true) WITH CHECK (true);

-- Name: monthly_spend definer; Type: POLICY; Schema: public; Owner: -

CREATE POLICY definer ON public.monthly_spend FOR SELECT TO dynrag_definer USING (true);

-- Name: oauth_clients definer; Type: POLICY; Schema: public; Owner: -

CREATE POLICY definer ON public.oauth_clients TO dynrag_definer USING (true) WITH CHECK (true);

-- Name: oauth_codes definer; Type: POLICY; Schema: public; Owner: -

CREATE POLICY definer ON public.oauth_codes TO dynrag_definer USING (true) WITH CHECK (true);

-- Name: oauth_grants definer; Type: POLICY; Schema: public; Owner: -

CREATE POLICY definer ON public.oauth_grants TO dynrag_definer USING (true) WITH CHECK (true);

-- Name: outbox definer; Type: POLICY; Schema: public; Owner: -

CREATE POLICY definer ON public.outbox TO dynrag_definer USING (true) WITH CHECK (true);

-- Name: provider_calls definer; Type: POLICY; Schema: public; Owner: -

CREATE POLICY definer ON public.provider_calls FOR SELECT TO dynrag_definer USING (true);

-- Name: pushes definer; Type: POLICY; Schema: public; Owner: -

CREATE POLICY definer ON public.pushes TO dynrag_definer USING (true) WITH CHECK (true);

-- Name: rate_limit_tracker definer; Type: POLICY; Schema: public; Owner: -

CREATE POLICY definer ON public.rate_limit_tracker TO dynrag_definer USING (true) WITH CHECK (true);

-- Name: request_buckets definer; Type: POLICY; Schema: public; Owner: -

CREATE POLICY definer ON public.request_buckets TO dynrag_definer USING (true) WITH CHECK (true);

-- Name: sessions definer; Type: POLICY; Schema: public; Owner: -

CREATE POLICY definer ON public.sessions TO dynrag_definer USING (true) WITH CHECK (true);

-- Name: signup_invitations definer; Type: POLICY; Schema: public; Owner: -

CREATE POLICY definer ON public.signup_invitations TO dynrag_definer USING (true) WITH CHECK (true);

-- Name: staged_embeddings definer; Type: POLICY; Schema: public; Owner: -

CREATE POLICY definer ON public.staged_embeddings TO dynrag_definer USING (true);

-- Name: subscriptions definer; Type: POLICY; Schema: public; Owner: -

CREATE POLICY definer ON public.subscriptions TO dynrag_definer USING (true) WITH CHECK (true);

-- Name: throttles definer; Type: POLICY; Schema: public; Owner: -

CREATE POLICY definer ON public.throttles TO dynrag_definer USING (true) WITH CHECK (true);

-- Name: usage_metrics definer; Type: POLICY; Schema: public; Owner: -

CREATE POLICY definer ON public.usage_metrics TO dynrag_definer USING (true) WITH CHECK (true);

-- Name: users definer; Type: POLICY; Schema: public; Owner: -

CREATE POLICY definer ON public.users TO dynrag_definer USING (true) WITH CHECK (true);

-- Name: webhook_deliveries definer; Type: POLICY; Schema: public; Owner: -

CREATE POLICY definer ON public.webhook_deliveries TO dynrag_definer USING (true) WITH CHECK (true);

-- Name: webhook_runs definer; Type: POLICY; Schema: public; Owner: -

CREATE POLICY definer ON public.webhook_runs TO dynrag_definer USING (true) WITH CHECK (true);

-- Name: webhooks definer; Type: POLICY; Schema: public; Owner: -

CREATE POLICY definer ON public.webhooks TO dynrag_definer USING (true) WITH CHECK (true);

-- Name: customer_secrets definer_erasure; Type: POLICY; Schema: public; Owner: -

CREATE POLICY definer_erasure ON public.customer_secrets FOR DELETE TO dynrag_definer USING (true);

-- Name: customer_config definer_limits; Type: POLICY; Schema: public; Owner: -

CREATE POLICY definer_limits ON public.customer_config FOR UPDATE TO dynrag_definer USING (true) WITH CHECK (true);

-- Name: audit_log definer_log; Type: POLICY; Schema: public; Owner: -

CREATE POLICY definer_log ON public.audit_log FOR INSERT TO dynrag_definer WITH CHECK (true);

-- Name: index_versions definer_maintenance; Type: POLICY; Schema: public; Owner: -

CREATE POLICY definer_maintenance ON public.index_versions FOR UPDATE TO dynrag_definer USING (true) WITH CHECK (true);

-- Name: provider_calls definer_old; Type: POLICY; Schema: public; Owner: -

CREATE POLICY definer_old ON public.provider_calls FOR DELETE TO dynrag_definer USING (true);

-- Name: customers definer_status; Type: POLICY; Schema: public; Owner: -

CREATE POLICY definer_status ON public.customers FOR UPDATE TO dynrag_definer USING (true) WITH CHECK (true);

-- Name: document_events; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.document_events ENABLE ROW LEVEL SECURITY;

-- Name: document_passwords; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.document_passwords ENABLE ROW LEVEL SECURITY;

-- Name: document_texts; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.document_texts ENABLE ROW LEVEL SECURITY;

-- Name: document_versions; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.document_versions ENABLE ROW LEVEL SECURITY;

-- Name: documents; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.documents ENABLE ROW LEVEL SECURITY;

-- Name: file_batches; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.file_batches ENABLE ROW LEVEL SECURITY;

-- Name: host_turns; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.host_turns ENABLE ROW LEVEL SECURITY;

-- Name: idempotency_keys; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.idempotency_keys ENABLE ROW LEVEL SECURITY;

-- Name: index_versions; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.index_versions ENABLE ROW LEVEL SECURITY;

-- Name: invitations; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.invitations ENABLE ROW LEVEL SECURITY;

-- Name: jobs; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.jobs ENABLE ROW LEVEL SECURITY;

-- Name: known_addresses; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.known_addresses ENABLE ROW LEVEL SECURITY;

-- Name: mail_tokens; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.mail_tokens ENABLE ROW LEVEL SECURITY;

-- Name: monthly_spend; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.monthly_spend ENABLE ROW LEVEL SECURITY;

-- Name: oauth_clients; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.oauth_clients ENABLE ROW LEVEL SECURITY;

-- Name: oauth_codes; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.oauth_codes ENABLE ROW LEVEL SECURITY;

-- Name: oauth_grants; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.oauth_grants ENABLE ROW LEVEL SECURITY;

-- Name: outbox; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.outbox ENABLE ROW LEVEL SECURITY;

-- Name: part_uploads; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.part_uploads ENABLE ROW LEVEL SECURITY;

-- Name: provider_calls; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.provider_calls ENABLE ROW LEVEL SECURITY;

-- Name: pushes; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.pushes ENABLE ROW LEVEL SECURITY;

-- Name: rate_limit_tracker; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.rate_limit_tracker ENABLE ROW LEVEL SECURITY;

-- Name: refresh_tokens; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.refresh_tokens ENABLE ROW LEVEL SECURITY;

-- Name: request_buckets; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.request_buckets ENABLE ROW LEVEL SECURITY;

-- Name: rerankers; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.rerankers ENABLE ROW LEVEL SECURITY;

-- Name: responses; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.responses ENABLE ROW LEVEL SECURITY;

-- Name: sessions; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.sessions ENABLE ROW LEVEL SECURITY;

-- Name: signup_invitations; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.signup_invitations ENABLE ROW LEVEL SECURITY;

-- Name: staged_embeddings; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.staged_embeddings ENABLE ROW LEVEL SECURITY;

-- Name: subscriptions; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.subscriptions ENABLE ROW LEVEL SECURITY;

-- Name: api_key_collections tenant; Type: POLICY; Schema: public; Owner: -

CREATE POLICY tenant ON public.api_key_collections TO dynrag_app USING ((customer_id = public.current_customer_id())) WITH CHECK ((customer_id = public.current_customer_id()));

-- Name: api_keys tenant; Type: POLICY; Schema: public; Owner: -

CREATE POLICY tenant ON public.api_keys TO dynrag_app USING ((customer_id = public.current_customer_id())) WITH CHECK ((customer_id = public.current_customer_id()));

-- Name: audit_log tenant; Type: POLICY; Schema: public; Owner: -

CREATE POLICY tenant ON public.audit_log TO dynrag_app USING ((customer_id = public.current_customer_id())) WITH CHECK ((customer_id = public.current_customer_id()));

-- Name: bulk_documents tenant; Type: POLICY; Schema: public; Owner: -

CREATE POLICY tenant ON public.bulk_documents TO dynrag_app USING ((customer_id = public.current_customer_id())) WITH CHECK ((customer_id = public.current_customer_id()));

-- Name: chat_feedback tenant; Type: POLICY; Schema: public; Owner: -

CREATE POLICY tenant ON public.chat_feedback TO dynrag_app USING ((customer_id = public.current_customer_id())) WITH CHECK ((customer_id = public.current_customer_id()));

-- Name: chat_messages tenant; Type: POLICY; Schema: public; Owner: -

CREATE POLICY tenant ON public.chat_messages TO dynrag_app USING ((customer_id = public.current_customer_id())) WITH CHECK ((customer_id = public.current_customer_id()));

-- Name: chat_providers tenant; Type: POLICY; Schema: public; Owner: -

CREATE POLICY tenant ON public.chat_providers TO dynrag_app USING ((customer_id = public.current_customer_id())) WITH CHECK ((customer_id = public.current_customer_id()));

-- Name: chat_sessions tenant; Type: POLICY; Schema: public; Owner: -

CREATE POLICY tenant ON public.chat_sessions TO dynrag_app USING ((customer_id = public.current_customer_id())) WITH CHECK ((customer_id = public.current_customer_id()));

-- Name: chat_sources tenant; Type: POLICY; Schema: public; Owner: -

CREATE POLICY tenant ON public.chat_sources TO dynrag_app USING ((customer_id = public.current_customer_id())) WITH CHECK ((customer_id = public.current_customer_id()));

-- Name: chat_streams tenant; Type: POLICY; Schema: public; Owner: -

CREATE POLICY tenant ON public.chat_streams TO dynrag_app USING ((customer_id = public.current_customer_id())) WITH CHECK ((customer_id = public.current_customer_id()));

-- Name: collections tenant; Type: POLICY; Schema: public; Owner: -

CREATE POLICY tenant ON public.collections TO dynrag_app USING ((customer_id = public.current_customer_id())) WITH CHECK ((customer_id = public.current_customer_id()));

-- Name: connection_tickets tenant; Type: POLICY; Schema: public; Owner: -

CREATE POLICY tenant ON public.connection_tickets TO dynrag_app USING ((customer_id = public.current_customer_id())) WITH CHECK ((customer_id = public.current_customer_id()));

-- Name: connections tenant; Type: POLICY; Schema: public; Owner: -

CREATE POLICY tenant ON public.connections TO dynrag_app USING ((customer_id = public.current_customer_id())) WITH CHECK ((customer_id = public.current_customer_id()));

-- Name: crawl_pages tenant; Type: POLICY; Schema: public; Owner: -

CREATE POLICY tenant ON public.crawl_pages TO dynrag_app USING ((customer_id = public.current_customer_id())) WITH CHECK ((customer_id = public.current_customer_id()));

-- Name: customer_config tenant; Type: POLICY; Schema: public; Owner: -

CREATE POLICY tenant ON public.customer_config TO dynrag_app USING ((customer_id = public.current_customer_id())) WITH CHECK ((customer_id = public.current_customer_id()));

-- Name: customer_secrets tenant; Type: POLICY; Schema: public; Owner: -

CREATE POLICY tenant ON public.customer_secrets TO dynrag_app USING ((customer_id = public.current_customer_id())) WITH CHECK ((customer_id = public.current_customer_id()));

-- Name: customer_storage tenant; Type: POLICY; Schema: public; Owner: -

CREATE POLICY tenant ON public.customer_storage TO dynrag_app USING ((customer_id = public.current_customer_id())) WITH CHECK ((customer_id = public.current_customer_id()));

-- Name: customers tenant; Type: POLICY; Schema: public; Owner: -

CREATE POLICY tenant ON public.customers TO dynrag_app USING ((id = public.current_customer_id())) WITH CHECK ((id = public.current_customer_id()));

-- Name: document_events tenant; Type: POLICY; Schema: public; Owner: -

CREATE POLICY tenant ON public.document_events TO dynrag_app USING ((customer_id = public.current_customer_id())) WITH CHECK ((customer_id = public.current_customer_id()));

-- Name: document_passwords tenant; Type: POLICY; Schema: public; Owner: -

CREATE POLICY tenant ON public.document_passwords TO dynrag_app USING ((customer_id = public.current_customer_id())) WITH CHECK ((customer_id = public.current_customer_id()));

-- Name: document_texts tenant; Type: POLICY; Schema: public; Owner: -

CREATE POLICY tenant ON public.document_texts TO dynrag_app USING ((customer_id = public.current_customer_id())) WITH CHECK ((customer_id = public.current_customer_id()));

-- Name: document_versions tenant; Type: POLICY; Schema: public; Owner: -

CREATE POLICY tenant ON public.document_versions TO dynrag_app USING ((customer_id = public.current_customer_id())) WITH CHECK ((customer_id = public.current_customer_id()));

-- Name: documents tenant; Type: POLICY; Schema: public; Owner: -

CREATE POLICY tenant ON public.documents TO dynrag_app USING ((customer_id = public.current_customer_id())) WITH CHECK ((customer_id = public.current_customer_id()));

-- Name: file_batches tenant; Type: POLICY; Schema: public; Owner: -

CREATE POLICY tenant ON public.file_batches TO dynrag_app USING ((customer_id = public.current_customer_id())) WITH CHECK ((customer_id = public.current_customer_id()));

-- Name: idempotency_keys tenant; Type: POLICY; Schema: public; Owner: -

CREATE POLICY tenant ON public.idempotency_keys TO dynrag_app USING ((customer_id = public.current_customer_id())) WITH CHECK ((customer_id = public.current_customer_id()));

-- Name: index_versions tenant; Type: POLICY; Schema: public; Owner: -

CREATE POLICY tenant ON public.index_versions TO dynrag_app USING ((customer_id = public.current_customer_id())) WITH CHECK ((customer_id = public.current_customer_id()));

-- Name: invitations tenant; Type: POLICY; Schema: public; Owner: -

CREATE POLICY tenant ON public.invitations TO dynrag_app USING ((customer_id = public.current_customer_id())) WITH CHECK ((customer_id = public.current_customer_id()));

-- Name: jobs tenant; Type: POLICY; Schema: public; Owner: -

CREATE POLICY tenant ON public.jobs TO dynrag_app USING ((customer_id = public.current_customer_id())) WITH CHECK ((customer_id = public.current_customer_id()));

-- Name: known_addresses tenant; Type: POLICY; Schema: public; Owner: -

CREATE POLICY tenant ON public.known_addresses TO dynrag_app USING ((customer_id = public.current_customer_id())) WITH CHECK ((customer_id = public.current_customer_id()));

-- Name: mail_tokens tenant; Type: POLICY; Schema: public; Owner: -

CREATE POLICY tenant ON public.mail_tokens TO dynrag_app USING ((customer_id = public.current_customer_id())) WITH CHECK ((customer_id = public.current_customer_id()));

-- Name: monthly_spend tenant; Type: POLICY; Schema: public; Owner: -

CREATE POLICY tenant ON public.monthly_spend TO dynrag_app USING ((customer_id = public.current_customer_id())) WITH CHECK ((customer_id = public.current_customer_id()));

-- Name: oauth_codes tenant; Type: POLICY; Schema: public; Owner: -

CREATE POLICY tenant ON public.oauth_codes TO dynrag_app USING ((customer_id = public.current_customer_id())) WITH CHECK ((customer_id = public.current_customer_id()));

-- Name: oauth_grants tenant; Type: POLICY; Schema: public; Owner: -

CREATE POLICY tenant ON public.oauth_grants TO dynrag_app USING ((customer_id = public.current_customer_id())) WITH CHECK ((customer_id = public.current_customer_id()));

-- Name: outbox tenant; Type: POLICY; Schema: public; Owner: -

CREATE POLICY tenant ON public.outbox TO dynrag_app USING ((customer_id = public.current_customer_id())) WITH CHECK ((customer_id = public.current_customer_id()));

-- Name: part_uploads tenant; Type: POLICY; Schema: public; Owner: -

CREATE POLICY tenant ON public.part_uploads TO dynrag_app USING ((customer_id = public.current_customer_id())) WITH CHECK ((customer_id = public.current_customer_id()));

-- Name: provider_calls tenant; Type: POLICY; Schema: public; Owner: -

CREATE POLICY tenant ON public.provider_calls TO dynrag_app USING ((customer_id = public.current_customer_id())) WITH CHECK ((customer_id = public.current_customer_id()));

-- Name: pushes tenant; Type: POLICY; Schema: public; Owner: -

CREATE POLICY tenant ON public.pushes TO dynrag_app USING ((customer_id = public.current_customer_id())) WITH CHECK ((customer_id = public.current_customer_id()));

-- Name: rate_limit_tracker tenant; Type: POLICY; Schema: public; Owner: -

CREATE POLICY tenant ON public.rate_limit_tracker TO dynrag_app USING ((customer_id = public.current_customer_id())) WITH CHECK ((customer_id = public.current_customer_id()));

-- Name: refresh_tokens tenant; Type: POLICY; Schema: public; Owner: -

CREATE POLICY tenant ON public.refresh_tokens TO dynrag_app USING ((customer_id = public.current_customer_id())) WITH CHECK ((customer_id = public.current_customer_id()));

-- Name: request_buckets tenant; Type: POLICY; Schema: public; Owner: -

CREATE POLICY tenant ON public.request_buckets TO dynrag_app USING ((customer_id = public.current_customer_id())) WITH CHECK ((customer_id = public.current_customer_id()));

-- Name: rerankers tenant; Type: POLICY; Schema: public; Owner: -

CREATE POLICY tenant ON public.rerankers TO dynrag_app USING ((customer_id = public.current_customer_id())) WITH CHECK ((customer_id = public.current_customer_id()));

-- Name: responses tenant; Type: POLICY; Schema: public; Owner: -

CREATE POLICY tenant ON public.responses TO dynrag_app USING ((customer_id = public.current_customer_id())) WITH CHECK ((customer_id = public.current_customer_id()));

-- Name: sessions tenant; Type: POLICY; Schema: public; Owner: -

CREATE POLICY tenant ON public.sessions TO dynrag_app USING ((customer_id = public.current_customer_id())) WITH CHECK ((customer_id = public.current_customer_id()));

-- Name: staged_embeddings tenant; Type: POLICY; Schema: public; Owner: -

CREATE POLICY tenant ON public.staged_embeddings TO dynrag_app USING ((customer_id = public.current_customer_id())) WITH CHECK ((customer_id = public.current_customer_id()));

-- Name: subscriptions tenant; Type: POLICY; Schema: public; Owner: -

CREATE POLICY tenant ON public.subscriptions TO dynrag_app USING ((customer_id = public.current_customer_id())) WITH CHECK ((customer_id = public.current_customer_id()));

-- Name: upload_parts tenant; Type: POLICY; Schema: public; Owner: -

CREATE POLICY tenant ON public.upload_parts TO dynrag_app USING ((customer_id = public.current_customer_id())) WITH CHECK ((customer_id = public.current_customer_id()));

-- Name: usage_metrics tenant; Type: POLICY; Schema: public; Owner: -

CREATE POLICY tenant ON public.usage_metrics TO dynrag_app USING ((customer_id = public.current_customer_id())) WITH CHECK ((customer_id = public.current_customer_id()));

-- Name: users tenant; Type: POLICY; Schema: public; Owner: -

CREATE POLICY tenant ON public.users TO dynrag_app USING ((customer_id = public.current_customer_id())) WITH CHECK ((customer_id = public.current_customer_id()));

-- Name: webhook_deliveries tenant; Type: POLICY; Schema: public; Owner: -

CREATE POLICY tenant ON public.webhook_deliveries TO dynrag_app USING ((customer_id = public.current_customer_id())) WITH CHECK ((customer_id = public.current_customer_id()));

-- Name: webhook_runs tenant; Type: POLICY; Schema: public; Owner: -

CREATE POLICY tenant ON public.webhook_runs TO dynrag_app USING ((customer_id = public.current_customer_id())) WITH CHECK ((customer_id = public.current_customer_id()));

-- Name: webhooks tenant; Type: POLICY; Schema: public; Owner: -

CREATE POLICY tenant ON public.webhooks TO dynrag_app USING ((customer_id = public.current_customer_id())) WITH CHECK ((customer_id = public.current_customer_id()));

-- Name: throttles; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.throttles ENABLE ROW LEVEL SECURITY;

-- Name: upload_parts; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.upload_parts ENABLE ROW LEVEL SECURITY;

-- Name: usage_metrics; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.usage_metrics ENABLE ROW LEVEL SECURITY;

-- Name: users; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.users ENABLE ROW LEVEL SECURITY;

-- Name: webhook_deliveries; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.webhook_deliveries ENABLE ROW LEVEL SECURITY;

-- Name: webhook_runs; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.webhook_runs ENABLE ROW LEVEL SECURITY;

-- Name: webhooks; Type: ROW SECURITY; Schema: public; Owner: -

ALTER TABLE public.webhooks ENABLE ROW LEVEL SECURITY;

-- Name: SCHEMA public; Type: ACL; Schema: -; Owner: -

REVOKE USAGE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO dynrag_app;
GRANT USAGE ON SCHEMA public TO dynrag_definer;

-- Name: FUNCTION add_signup_invitation(actor_customer uuid, actor uuid, hash bytea, expires timestamp with time zone); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.add_signup_invitation(actor_customer uuid, actor uuid, hash bytea, expires timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.add_signup_invitation(actor_customer uuid, actor uuid, hash bytea, expires timestamp with time zone) TO dynrag_app;

-- Name: FUNCTION admin_delete_customer(actor_customer uuid, actor uuid, tenant uuid, confirmed text); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.admin_delete_customer(actor_customer uuid, actor uuid, tenant uuid, confirmed text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.admin_delete_customer(actor_customer uuid, actor uuid, tenant uuid, confirmed text) TO dynrag_app;

-- Name: FUNCTION admin_get_customer(actor_customer uuid, actor uuid, tenant uuid); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.admin_get_customer(actor_customer uuid, actor uuid, tenant uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.admin_get_customer(actor_customer uuid, actor uuid, tenant uuid) TO dynrag_app;

-- Name: FUNCTION admin_list_customers(actor_customer uuid, actor uuid, wanted_status text, words text, after_at timestamp with time zone, after_id uuid, most bigint); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.admin_list_customers(actor_customer uuid, actor uuid, wanted_status text, words text, after_at timestamp with time zone, after_id uuid, most bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION public.admin_list_customers(actor_customer uuid, actor uuid, wanted_status text, words text, after_at timestamp with time zone, after_id uuid, most bigint) TO dynrag_app;

-- Name: FUNCTION admin_set_limits(actor_customer uuid, actor uuid, tenant uuid, limits jsonb); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.admin_set_limits(actor_customer uuid, actor uuid, tenant uuid, limits jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.admin_set_limits(actor_customer uuid, actor uuid, tenant uuid, limits jsonb) TO dynrag_app;

-- Name: FUNCTION admin_set_limits(actor_customer uuid, actor uuid, tenant uuid, per_minute integer, per_day integer, most_documents integer, most_file_bytes bigint); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.admin_set_limits(actor_customer uuid, actor uuid, tenant uuid, per_minute integer, per_day integer, most_documents integer, most_file_bytes bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION public.admin_set_limits(actor_customer uuid, actor uuid, tenant uuid, per_minute integer, per_day integer, most_documents integer, most_file_bytes bigint) TO dynrag_app;

-- Name: FUNCTION admin_set_status(actor_customer uuid, actor uuid, tenant uuid, wanted text); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.admin_set_status(actor_customer uuid, actor uuid, tenant uuid, wanted text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.admin_set_status(actor_customer uuid, actor uuid, tenant uuid, wanted text) TO dynrag_app;

-- Name: FUNCTION admin_usage(actor_customer uuid, actor uuid, tenant uuid, since date, until date); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.admin_usage(actor_customer uuid, actor uuid, tenant uuid, since date, until date) FROM PUBLIC;
GRANT ALL ON FUNCTION public.admin_usage(actor_customer uuid, actor uuid, tenant uuid, since date, until date) TO dynrag_app;

-- Name: FUNCTION admit_api_key(key_public_id text, key_secret_hash bytea, route text, class text); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.admit_api_key(key_public_id text, key_secret_hash bytea, route text, class text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.admit_api_key(key_public_id text, key_secret_hash bytea, route text, class text) TO dynrag_app;

-- Name: FUNCTION admit_attempt(route text, who bytea, quota integer); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.admit_attempt(route text, who bytea, quota integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.admit_attempt(route text, who bytea, quota integer) TO dynrag_app;

-- Name: FUNCTION admit_connection(connection text, route text, class text); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.admit_connection(connection text, route text, class text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.admit_connection(connection text, route text, class text) TO dynrag_app;

-- Name: FUNCTION admit_customer(a public.admission, route text, class text, key_quota integer); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.admit_customer(a public.admission, route text, class text, key_quota integer) FROM PUBLIC;

-- Name: FUNCTION admit_grant(tenant uuid, who uuid, session uuid, secret_version integer, issued_at timestamp with time zone, of_resource text, route text, class text); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.admit_grant(tenant uuid, who uuid, session uuid, secret_version integer, issued_at timestamp with time zone, of_resource text, route text, class text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.admit_grant(tenant uuid, who uuid, session uuid, secret_version integer, issued_at timestamp with time zone, of_resource text, route text, class text) TO dynrag_app;

-- Name: FUNCTION admit_key(key_public_id text, key_secret_hash bytea, route text, class text); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.admit_key(key_public_id text, key_secret_hash bytea, route text, class text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.admit_key(key_public_id text, key_secret_hash bytea, route text, class text) TO dynrag_app;

-- Name: FUNCTION admit_user(tenant uuid, who uuid, session uuid, secret_version integer, issued_at timestamp with time zone, route text, class text); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.admit_user(tenant uuid, who uuid, session uuid, secret_version integer, issued_at timestamp with time zone, route text, class text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.admit_user(tenant uuid, who uuid, session uuid, secret_version integer, issued_at timestamp with time zone, route text, class text) TO dynrag_app;

-- Name: FUNCTION admit_webhook(tenant uuid, webhook uuid, route text, class text); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.admit_webhook(tenant uuid, webhook uuid, route text, class text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.admit_webhook(tenant uuid, webhook uuid, route text, class text) TO dynrag_app;

-- Name: FUNCTION begin_erasure(tenant uuid); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.begin_erasure(tenant uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.begin_erasure(tenant uuid) TO dynrag_app;
GRANT ALL ON FUNCTION public.begin_erasure(tenant uuid) TO dynrag_definer;

-- Name: FUNCTION begin_login(login_email text, address bytea, address_quota integer); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.begin_login(login_email text, address bytea, address_quota integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.begin_login(login_email text, address bytea, address_quota integer) TO dynrag_app;

-- Name: FUNCTION begin_reset(login_email text); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.begin_reset(login_email text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.begin_reset(login_email text) TO dynrag_app;

-- Name: FUNCTION bind_to_collections(tbl regclass, condition text); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.bind_to_collections(tbl regclass, condition text) FROM PUBLIC;

-- Name: TABLE customer_config; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.customer_config TO dynrag_app;
GRANT SELECT,UPDATE ON TABLE public.customer_config TO dynrag_definer;

-- Name: FUNCTION chunking_of(cfg public.customer_config); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.chunking_of(cfg public.customer_config) FROM PUBLIC;
GRANT ALL ON FUNCTION public.chunking_of(cfg public.customer_config) TO dynrag_app;
GRANT ALL ON FUNCTION public.chunking_of(cfg public.customer_config) TO dynrag_definer;

-- Name: FUNCTION close_connection(connection text); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.close_connection(connection text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.close_connection(connection text) TO dynrag_app;

-- Name: FUNCTION config_of(cfg public.customer_config); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.config_of(cfg public.customer_config) FROM PUBLIC;
GRANT ALL ON FUNCTION public.config_of(cfg public.customer_config) TO dynrag_app;
GRANT ALL ON FUNCTION public.config_of(cfg public.customer_config) TO dynrag_definer;

-- Name: FUNCTION count_redrivable(codes text[], tenant uuid, since timestamp with time zone, before timestamp with time zone); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.count_redrivable(codes text[], tenant uuid, since timestamp with time zone, before timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.count_redrivable(codes text[], tenant uuid, since timestamp with time zone, before timestamp with time zone) TO dynrag_app;

-- Name: FUNCTION count_storage(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.count_storage() FROM PUBLIC;
GRANT ALL ON FUNCTION public.count_storage() TO dynrag_app;
GRANT ALL ON FUNCTION public.count_storage() TO dynrag_definer;

-- Name: FUNCTION current_collections(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.current_collections() FROM PUBLIC;
GRANT ALL ON FUNCTION public.current_collections() TO dynrag_app;
GRANT ALL ON FUNCTION public.current_collections() TO dynrag_definer;

-- Name: FUNCTION current_customer_id(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.current_customer_id() FROM PUBLIC;
GRANT ALL ON FUNCTION public.current_customer_id() TO dynrag_app;
GRANT ALL ON FUNCTION public.current_customer_id() TO dynrag_definer;

-- Name: FUNCTION end_login(login_email text, address bytea); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.end_login(login_email text, address bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION public.end_login(login_email text, address bytea) TO dynrag_app;

-- Name: FUNCTION find_login(login_email text); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.find_login(login_email text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.find_login(login_email text) TO dynrag_app;

-- Name: FUNCTION find_webhook(wanted uuid); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.find_webhook(wanted uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.find_webhook(wanted uuid) TO dynrag_app;

-- Name: FUNCTION hold_documents(tenants uuid[], ids uuid[], versions integer[], seconds double precision); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.hold_documents(tenants uuid[], ids uuid[], versions integer[], seconds double precision) FROM PUBLIC;
GRANT ALL ON FUNCTION public.hold_documents(tenants uuid[], ids uuid[], versions integer[], seconds double precision) TO dynrag_app;

-- Name: TABLE connections; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.connections TO dynrag_app;
GRANT SELECT,DELETE,UPDATE ON TABLE public.connections TO dynrag_definer;

-- Name: FUNCTION is_admitted(c public.connections); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.is_admitted(c public.connections) FROM PUBLIC;
GRANT ALL ON FUNCTION public.is_admitted(c public.connections) TO dynrag_app;
GRANT ALL ON FUNCTION public.is_admitted(c public.connections) TO dynrag_definer;

-- Name: TABLE document_versions; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.document_versions TO dynrag_app;
GRANT SELECT ON TABLE public.document_versions TO dynrag_definer;

-- Name: FUNCTION is_over(v public.document_versions, retention_days integer); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.is_over(v public.document_versions, retention_days integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.is_over(v public.document_versions, retention_days integer) TO dynrag_app;
GRANT ALL ON FUNCTION public.is_over(v public.document_versions, retention_days integer) TO dynrag_definer;

-- Name: FUNCTION is_platform_admin(actor_customer uuid, actor uuid); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.is_platform_admin(actor_customer uuid, actor uuid) FROM PUBLIC;

-- Name: FUNCTION maintenance_soon(planned timestamp with time zone); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.maintenance_soon(planned timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.maintenance_soon(planned timestamp with time zone) TO dynrag_app;

-- Name: TABLE documents; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.documents TO dynrag_app;
GRANT SELECT,UPDATE ON TABLE public.documents TO dynrag_definer;

-- Name: FUNCTION may_redrive(d public.documents, codes text[], tenant uuid, since timestamp with time zone, before timestamp with time zone); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.may_redrive(d public.documents, codes text[], tenant uuid, since timestamp with time zone, before timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.may_redrive(d public.documents, codes text[], tenant uuid, since timestamp with time zone, before timestamp with time zone) TO dynrag_definer;

-- Name: FUNCTION move_attachments(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.move_attachments() FROM PUBLIC;
GRANT ALL ON FUNCTION public.move_attachments() TO dynrag_app;
GRANT ALL ON FUNCTION public.move_attachments() TO dynrag_definer;

-- Name: FUNCTION oauth_client(client text); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.oauth_client(client text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.oauth_client(client text) TO dynrag_app;

-- Name: FUNCTION oauth_register(client text, client_name text, uris text[]); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.oauth_register(client text, client_name text, uris text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION public.oauth_register(client text, client_name text, uris text[]) TO dynrag_app;

-- Name: FUNCTION oauth_renew(client text); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.oauth_renew(client text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.oauth_renew(client text) TO dynrag_app;

-- Name: FUNCTION others_wait_in_slow_lane(tenant uuid); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.others_wait_in_slow_lane(tenant uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.others_wait_in_slow_lane(tenant uuid) TO dynrag_app;

-- Name: FUNCTION overtake_versions(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.overtake_versions() FROM PUBLIC;
GRANT ALL ON FUNCTION public.overtake_versions() TO dynrag_app;
GRANT ALL ON FUNCTION public.overtake_versions() TO dynrag_definer;

-- Name: FUNCTION payer_of(tenant uuid); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.payer_of(tenant uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.payer_of(tenant uuid) TO dynrag_app;
GRANT ALL ON FUNCTION public.payer_of(tenant uuid) TO dynrag_definer;

-- Name: FUNCTION protect_tenant_table(tbl regclass, key name); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.protect_tenant_table(tbl regclass, key name) FROM PUBLIC;

-- Name: FUNCTION purge_time(tenant uuid, permanent boolean); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.purge_time(tenant uuid, permanent boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION public.purge_time(tenant uuid, permanent boolean) TO dynrag_app;

-- Name: FUNCTION push_answer(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.push_answer() FROM PUBLIC;
GRANT ALL ON FUNCTION public.push_answer() TO dynrag_app;
GRANT ALL ON FUNCTION public.push_answer() TO dynrag_definer;

-- Name: FUNCTION push_budget_alert(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.push_budget_alert() FROM PUBLIC;
GRANT ALL ON FUNCTION public.push_budget_alert() TO dynrag_app;
GRANT ALL ON FUNCTION public.push_budget_alert() TO dynrag_definer;

-- Name: FUNCTION push_document_deleted(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.push_document_deleted() FROM PUBLIC;
GRANT ALL ON FUNCTION public.push_document_deleted() TO dynrag_app;
GRANT ALL ON FUNCTION public.push_document_deleted() TO dynrag_definer;

-- Name: FUNCTION push_document_step(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.push_document_step() FROM PUBLIC;
GRANT ALL ON FUNCTION public.push_document_step() TO dynrag_app;
GRANT ALL ON FUNCTION public.push_document_step() TO dynrag_definer;

-- Name: FUNCTION push_event(customer uuid, of_channel text, of_subject uuid, of_number bigint, of_collection uuid); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.push_event(customer uuid, of_channel text, of_subject uuid, of_number bigint, of_collection uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.push_event(customer uuid, of_channel text, of_subject uuid, of_number bigint, of_collection uuid) TO dynrag_app;
GRANT ALL ON FUNCTION public.push_event(customer uuid, of_channel text, of_subject uuid, of_number bigint, of_collection uuid) TO dynrag_definer;

-- Name: FUNCTION push_job(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.push_job() FROM PUBLIC;
GRANT ALL ON FUNCTION public.push_job() TO dynrag_app;
GRANT ALL ON FUNCTION public.push_job() TO dynrag_definer;

-- Name: FUNCTION read_secrets(tenant uuid, wanted text); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.read_secrets(tenant uuid, wanted text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.read_secrets(tenant uuid, wanted text) TO dynrag_app;

-- Name: FUNCTION record_deliveries(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.record_deliveries() FROM PUBLIC;
GRANT ALL ON FUNCTION public.record_deliveries() TO dynrag_app;
GRANT ALL ON FUNCTION public.record_deliveries() TO dynrag_definer;

-- Name: FUNCTION record_document_event(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.record_document_event() FROM PUBLIC;
GRANT ALL ON FUNCTION public.record_document_event() TO dynrag_app;
GRANT ALL ON FUNCTION public.record_document_event() TO dynrag_definer;

-- Name: FUNCTION record_run_ended(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.record_run_ended() FROM PUBLIC;
GRANT ALL ON FUNCTION public.record_run_ended() TO dynrag_app;
GRANT ALL ON FUNCTION public.record_run_ended() TO dynrag_definer;

-- Name: FUNCTION record_spend(tenant uuid, what text, used_tokens bigint, cost bigint); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.record_spend(tenant uuid, what text, used_tokens bigint, cost bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION public.record_spend(tenant uuid, what text, used_tokens bigint, cost bigint) TO dynrag_app;

-- Name: FUNCTION record_spend(tenant uuid, what text, used_tokens bigint, cost bigint, platform_cost bigint); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.record_spend(tenant uuid, what text, used_tokens bigint, cost bigint, platform_cost bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION public.record_spend(tenant uuid, what text, used_tokens bigint, cost bigint, platform_cost bigint) TO dynrag_app;

-- Name: FUNCTION redrive_documents(codes text[], tenant uuid, since timestamp with time zone, before timestamp with time zone, most integer); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.redrive_documents(codes text[], tenant uuid, since timestamp with time zone, before timestamp with time zone, most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.redrive_documents(codes text[], tenant uuid, since timestamp with time zone, before timestamp with time zone, most integer) TO dynrag_app;

-- Name: FUNCTION sees_document(document uuid); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.sees_document(document uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.sees_document(document uuid) TO dynrag_app;
GRANT ALL ON FUNCTION public.sees_document(document uuid) TO dynrag_definer;

-- Name: FUNCTION sees_job(job uuid); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.sees_job(job uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.sees_job(job uuid) TO dynrag_app;
GRANT ALL ON FUNCTION public.sees_job(job uuid) TO dynrag_definer;

-- Name: FUNCTION sweep_accounts(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.sweep_accounts() FROM PUBLIC;
GRANT ALL ON FUNCTION public.sweep_accounts() TO dynrag_app;

-- Name: FUNCTION sweep_awaited(most integer); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.sweep_awaited(most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.sweep_awaited(most integer) TO dynrag_app;

-- Name: FUNCTION sweep_buckets(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.sweep_buckets() FROM PUBLIC;
GRANT ALL ON FUNCTION public.sweep_buckets() TO dynrag_app;

-- Name: FUNCTION sweep_budgets(most integer); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.sweep_budgets(most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.sweep_budgets(most integer) TO dynrag_app;

-- Name: FUNCTION sweep_connections(most integer); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.sweep_connections(most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.sweep_connections(most integer) TO dynrag_app;

-- Name: FUNCTION sweep_deliveries(most integer); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.sweep_deliveries(most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.sweep_deliveries(most integer) TO dynrag_app;

-- Name: FUNCTION sweep_documents(most integer); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.sweep_documents(most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.sweep_documents(most integer) TO dynrag_app;

-- Name: FUNCTION sweep_erasures(most integer); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.sweep_erasures(most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.sweep_erasures(most integer) TO dynrag_app;

-- Name: FUNCTION sweep_host_turns(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.sweep_host_turns() FROM PUBLIC;
GRANT ALL ON FUNCTION public.sweep_host_turns() TO dynrag_app;

-- Name: FUNCTION sweep_idempotency(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.sweep_idempotency() FROM PUBLIC;
GRANT ALL ON FUNCTION public.sweep_idempotency() TO dynrag_app;

-- Name: FUNCTION sweep_jobs(most integer); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.sweep_jobs(most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.sweep_jobs(most integer) TO dynrag_app;

-- Name: FUNCTION sweep_maintenance(most integer); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.sweep_maintenance(most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.sweep_maintenance(most integer) TO dynrag_app;

-- Name: FUNCTION sweep_oauth(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.sweep_oauth() FROM PUBLIC;
GRANT ALL ON FUNCTION public.sweep_oauth() TO dynrag_app;

-- Name: FUNCTION sweep_old_deliveries(most integer); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.sweep_old_deliveries(most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.sweep_old_deliveries(most integer) TO dynrag_app;

-- Name: FUNCTION sweep_old_jobs(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.sweep_old_jobs() FROM PUBLIC;
GRANT ALL ON FUNCTION public.sweep_old_jobs() TO dynrag_app;

-- Name: FUNCTION sweep_old_runs(most integer); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.sweep_old_runs(most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.sweep_old_runs(most integer) TO dynrag_app;

-- Name: FUNCTION sweep_outbox(most integer); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.sweep_outbox(most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.sweep_outbox(most integer) TO dynrag_app;

-- Name: FUNCTION sweep_provider_calls(most integer); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.sweep_provider_calls(most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.sweep_provider_calls(most integer) TO dynrag_app;

-- Name: FUNCTION sweep_pushes(most integer); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.sweep_pushes(most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.sweep_pushes(most integer) TO dynrag_app;

-- Name: FUNCTION sweep_retention(most integer); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.sweep_retention(most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.sweep_retention(most integer) TO dynrag_app;

-- Name: FUNCTION sweep_schedules(most integer); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.sweep_schedules(most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.sweep_schedules(most integer) TO dynrag_app;

-- Name: FUNCTION sweep_sessions(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.sweep_sessions() FROM PUBLIC;
GRANT ALL ON FUNCTION public.sweep_sessions() TO dynrag_app;

-- Name: FUNCTION sweep_staged(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.sweep_staged() FROM PUBLIC;
GRANT ALL ON FUNCTION public.sweep_staged() TO dynrag_app;

-- Name: FUNCTION sweep_uploads(most integer); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.sweep_uploads(most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.sweep_uploads(most integer) TO dynrag_app;

-- Name: FUNCTION sweep_wrapped(older_than timestamp with time zone, most integer); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.sweep_wrapped(older_than timestamp with time zone, most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.sweep_wrapped(older_than timestamp with time zone, most integer) TO dynrag_app;

-- Name: FUNCTION take_attempt(what bytea, quota integer, span interval); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.take_attempt(what bytea, quota integer, span interval) FROM PUBLIC;

-- Name: FUNCTION take_from_window(tenant uuid, who text, kind text, quota integer); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.take_from_window(tenant uuid, who text, kind text, quota integer) FROM PUBLIC;

-- Name: FUNCTION take_host_turn(host bytea, delay_ms integer); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.take_host_turn(host bytea, delay_ms integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.take_host_turn(host bytea, delay_ms integer) TO dynrag_app;

-- Name: FUNCTION take_invitation(tenant uuid, address text, a_day integer); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.take_invitation(tenant uuid, address text, a_day integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.take_invitation(tenant uuid, address text, a_day integer) TO dynrag_app;

-- Name: FUNCTION take_limits(a public.admission, cfg public.customer_config, class text, key_quota integer); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.take_limits(a public.admission, cfg public.customer_config, class text, key_quota integer) FROM PUBLIC;

-- Name: FUNCTION take_mail(kind text, address text, an_hour integer, a_day integer); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.take_mail(kind text, address text, an_hour integer, a_day integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.take_mail(kind text, address text, an_hour integer, a_day integer) TO dynrag_app;

-- Name: FUNCTION take_token(tenant uuid, bucket text, quota integer); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.take_token(tenant uuid, bucket text, quota integer) FROM PUBLIC;

-- Name: FUNCTION take_turn(subject bytea, gap double precision, burst integer); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.take_turn(subject bytea, gap double precision, burst integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.take_turn(subject bytea, gap double precision, burst integer) TO dynrag_app;

-- Name: FUNCTION takes_slow_lane(d public.documents, v public.document_versions, most integer); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.takes_slow_lane(d public.documents, v public.document_versions, most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.takes_slow_lane(d public.documents, v public.document_versions, most integer) TO dynrag_app;

-- Name: FUNCTION this_month(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.this_month() FROM PUBLIC;
GRANT ALL ON FUNCTION public.this_month() TO dynrag_app;
GRANT ALL ON FUNCTION public.this_month() TO dynrag_definer;

-- Name: FUNCTION throttle_subject(kind text, subject bytea); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.throttle_subject(kind text, subject bytea) FROM PUBLIC;

-- Name: FUNCTION title_is_given(d public.documents); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.title_is_given(d public.documents) FROM PUBLIC;
GRANT ALL ON FUNCTION public.title_is_given(d public.documents) TO dynrag_app;

-- Name: FUNCTION tokens_left(taken double precision, counted_at timestamp with time zone, quota integer); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.tokens_left(taken double precision, counted_at timestamp with time zone, quota integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.tokens_left(taken double precision, counted_at timestamp with time zone, quota integer) TO dynrag_definer;

-- Name: FUNCTION touch_updated_at(); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.touch_updated_at() FROM PUBLIC;
GRANT ALL ON FUNCTION public.touch_updated_at() TO dynrag_app;
GRANT ALL ON FUNCTION public.touch_updated_at() TO dynrag_definer;

-- Name: FUNCTION use_signup_invitation(hash bytea); Type: ACL; Schema: public; Owner: -

REVOKE ALL ON FUNCTION public.use_signup_invitation(hash bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION public.use_signup_invitation(hash bytea) TO dynrag_app;

-- Name: TABLE api_key_collections; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.api_key_collections TO dynrag_app;
GRANT SELECT ON TABLE public.api_key_collections TO dynrag_definer;

-- Name: TABLE api_keys; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.api_keys TO dynrag_app;
GRANT SELECT,UPDATE ON TABLE public.api_keys TO dynrag_definer;

-- Name: TABLE audit_log; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT ON TABLE public.audit_log TO dynrag_app;
GRANT INSERT ON TABLE public.audit_log TO dynrag_definer;

-- Name: TABLE bulk_documents; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.bulk_documents TO dynrag_app;

-- Name: TABLE chat_feedback; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.chat_feedback TO dynrag_app;

-- Name: TABLE chat_messages; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.chat_messages TO dynrag_app;

-- Name: TABLE chat_providers; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.chat_providers TO dynrag_app;

-- Name: TABLE chat_sessions; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.chat_sessions TO dynrag_app;

-- Name: TABLE chat_sources; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.chat_sources TO dynrag_app;

-- Name: TABLE chat_streams; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.chat_streams TO dynrag_app;

-- Name: TABLE collections; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.collections TO dynrag_app;

-- Name: TABLE connection_tickets; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.connection_tickets TO dynrag_app;
GRANT SELECT,DELETE ON TABLE public.connection_tickets TO dynrag_definer;

-- Name: TABLE crawl_pages; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.crawl_pages TO dynrag_app;

-- Name: TABLE customer_secrets; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.customer_secrets TO dynrag_app;
GRANT SELECT,DELETE ON TABLE public.customer_secrets TO dynrag_definer;

-- Name: TABLE customer_storage; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.customer_storage TO dynrag_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.customer_storage TO dynrag_definer;

-- Name: TABLE customers; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.customers TO dynrag_app;
GRANT SELECT,UPDATE ON TABLE public.customers TO dynrag_definer;

-- Name: TABLE document_events; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.document_events TO dynrag_app;
GRANT INSERT ON TABLE public.document_events TO dynrag_definer;

-- Name: TABLE document_passwords; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.document_passwords TO dynrag_app;

-- Name: TABLE document_texts; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.document_texts TO dynrag_app;

-- Name: TABLE file_batches; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.file_batches TO dynrag_app;

-- Name: TABLE host_turns; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.host_turns TO dynrag_definer;

-- Name: TABLE idempotency_keys; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.idempotency_keys TO dynrag_app;
GRANT SELECT,DELETE ON TABLE public.idempotency_keys TO dynrag_definer;

-- Name: TABLE index_versions; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.index_versions TO dynrag_app;
GRANT SELECT,UPDATE ON TABLE public.index_versions TO dynrag_definer;

-- Name: TABLE invitations; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.invitations TO dynrag_app;
GRANT SELECT,DELETE ON TABLE public.invitations TO dynrag_definer;

-- Name: TABLE jobs; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.jobs TO dynrag_app;
GRANT SELECT,DELETE,UPDATE ON TABLE public.jobs TO dynrag_definer;

-- Name: TABLE known_addresses; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.known_addresses TO dynrag_app;
GRANT SELECT,DELETE ON TABLE public.known_addresses TO dynrag_definer;

-- Name: TABLE mail_tokens; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.mail_tokens TO dynrag_app;
GRANT SELECT,DELETE ON TABLE public.mail_tokens TO dynrag_definer;

-- Name: TABLE monthly_spend; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.monthly_spend TO dynrag_app;
GRANT SELECT ON TABLE public.monthly_spend TO dynrag_definer;

-- Name: TABLE oauth_clients; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.oauth_clients TO dynrag_definer;

-- Name: TABLE oauth_codes; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.oauth_codes TO dynrag_app;
GRANT SELECT,DELETE ON TABLE public.oauth_codes TO dynrag_definer;

-- Name: TABLE oauth_grants; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.oauth_grants TO dynrag_app;
GRANT SELECT ON TABLE public.oauth_grants TO dynrag_definer;

-- Name: TABLE outbox; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.outbox TO dynrag_app;
GRANT SELECT,DELETE,UPDATE ON TABLE public.outbox TO dynrag_definer;

-- Name: TABLE part_uploads; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.part_uploads TO dynrag_app;

-- Name: TABLE provider_calls; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.provider_calls TO dynrag_app;
GRANT SELECT,DELETE ON TABLE public.provider_calls TO dynrag_definer;

-- Name: TABLE pushes; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.pushes TO dynrag_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.pushes TO dynrag_definer;

-- Name: TABLE rate_limit_tracker; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.rate_limit_tracker TO dynrag_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.rate_limit_tracker TO dynrag_definer;

-- Name: TABLE refresh_tokens; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.refresh_tokens TO dynrag_app;

-- Name: TABLE request_buckets; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.request_buckets TO dynrag_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.request_buckets TO dynrag_definer;

-- Name: TABLE rerankers; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.rerankers TO dynrag_app;

-- Name: TABLE responses; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.responses TO dynrag_app;

-- Name: TABLE sessions; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.sessions TO dynrag_app;
GRANT SELECT,DELETE,UPDATE ON TABLE public.sessions TO dynrag_definer;

-- Name: TABLE signup_invitations; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE ON TABLE public.signup_invitations TO dynrag_definer;

-- Name: TABLE staged_embeddings; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.staged_embeddings TO dynrag_app;
GRANT SELECT,DELETE ON TABLE public.staged_embeddings TO dynrag_definer;

-- Name: TABLE subscriptions; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.subscriptions TO dynrag_app;
GRANT SELECT ON TABLE public.subscriptions TO dynrag_definer;

-- Name: TABLE throttles; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.throttles TO dynrag_definer;

-- Name: TABLE upload_parts; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.upload_parts TO dynrag_app;

-- Name: TABLE usage_metrics; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.usage_metrics TO dynrag_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.usage_metrics TO dynrag_definer;

-- Name: TABLE users; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.users TO dynrag_app;
GRANT SELECT,UPDATE ON TABLE public.users TO dynrag_definer;

-- Name: TABLE webhook_deliveries; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.webhook_deliveries TO dynrag_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.webhook_deliveries TO dynrag_definer;

-- Name: TABLE webhook_runs; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.webhook_runs TO dynrag_app;
GRANT SELECT,DELETE,UPDATE ON TABLE public.webhook_runs TO dynrag_definer;

-- Name: TABLE webhooks; Type: ACL; Schema: public; Owner: -

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.webhooks TO dynrag_app;
GRANT SELECT,UPDATE ON TABLE public.webhooks TO dynrag_definer;

-- Name: DEFAULT PRIVILEGES FOR FUNCTIONS; Type: DEFAULT ACL; Schema: -; Owner: -

ALTER DEFAULT PRIVILEGES FOR ROLE dynrag_owner REVOKE ALL ON FUNCTIONS  FROM PUBLIC;
