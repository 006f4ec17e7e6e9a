-- What crosses tenants, by name. Each function is owned by dynrag_definer, whose view of a table is
-- the policy beside it.

GRANT CREATE ON SCHEMA public TO dynrag_definer;

CREATE POLICY definer ON customers FOR SELECT TO dynrag_definer USING (true);
CREATE POLICY definer ON customer_config FOR SELECT TO dynrag_definer USING (true);
CREATE POLICY definer ON customer_secrets FOR SELECT TO dynrag_definer USING (true);
CREATE POLICY definer ON users TO dynrag_definer USING (true) WITH CHECK (true);
CREATE POLICY definer ON api_keys TO dynrag_definer USING (true) WITH CHECK (true);
CREATE POLICY definer ON documents TO dynrag_definer USING (true) WITH CHECK (true);
CREATE POLICY definer ON document_events FOR INSERT TO dynrag_definer WITH CHECK (true);
CREATE POLICY definer ON index_versions FOR SELECT TO dynrag_definer USING (true);
CREATE POLICY definer ON outbox TO dynrag_definer USING (true) WITH CHECK (true);
CREATE POLICY definer ON usage_metrics TO dynrag_definer USING (true) WITH CHECK (true);
CREATE POLICY definer ON rate_limit_tracker TO dynrag_definer USING (true) WITH CHECK (true);
CREATE POLICY definer ON staged_embeddings FOR ALL TO dynrag_definer USING (true);
GRANT SELECT ON customers, customer_config, customer_secrets, index_versions TO dynrag_definer;
GRANT SELECT, UPDATE ON users, api_keys, documents TO dynrag_definer;
GRANT INSERT ON document_events TO dynrag_definer;
GRANT SELECT, UPDATE, DELETE ON outbox TO dynrag_definer;
GRANT SELECT, DELETE ON staged_embeddings TO dynrag_definer;
GRANT SELECT, INSERT, UPDATE ON usage_metrics, rate_limit_tracker TO dynrag_definer;

-- What a caller is told at the door. `verdict`: ok, unauthenticated, suspended, rate_limited.
CREATE TYPE admission AS (
    verdict        text,
    customer_id    uuid,
    principal_id   uuid,
    email          text,
    role           text,
    platform_admin boolean,
    scopes         text[],
    config         jsonb,
    index_versions jsonb,
    deleting       uuid[],
    -- The tightest limit: requests allowed, left and seconds until its window ends.
    limit_quota    integer,
    limit_left     integer,
    limit_reset    integer,
    limit_window   integer
);

-- Takes one request from a window if there is one left; null when there is none.
CREATE FUNCTION take_from_window(tenant uuid, who text, kind text, quota integer) RETURNS integer
    LANGUAGE sql VOLATILE
    AS $$
    INSERT INTO rate_limit_tracker AS t (customer_id, subject, window_kind, window_start, count)
    VALUES (tenant, who, kind, date_trunc(kind, now(), 'UTC'), 1)
    ON CONFLICT (customer_id, subject, window_kind) DO UPDATE
        SET count = CASE WHEN t.window_start >= excluded.window_start THEN t.count + 1 ELSE 1 END,
            window_start = greatest(t.window_start, excluded.window_start)
        WHERE t.window_start < excluded.window_start OR t.count < quota
    RETURNING quota - count
    $$;

-- The part that users and keys share: status, limits, usage, configuration, index versions.
CREATE FUNCTION admit_customer(a admission, route text, key_quota integer) RETURNS admission
    LANGUAGE plpgsql VOLATILE
    AS $$
DECLARE
    customer_status text;
    cfg  customer_config;
    rest integer;
    today timestamptz := date_trunc('day', now(), 'UTC');
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

    -- The narrowest window first: what it refuses does not use up the wider ones.
    a.limit_window := 60;
    a.limit_reset := ceil(60 - extract(second FROM now()));
    IF key_quota IS NOT NULL THEN
        rest := take_from_window(a.customer_id, 'key:' || a.principal_id, 'minute', key_quota);
        a.limit_quota := key_quota;
        a.limit_left := coalesce(rest, 0);
        IF rest IS NULL THEN
            a.verdict := 'rate_limited';
            RETURN a;
        END IF;
    END IF;
    rest := take_from_window(a.customer_id, 'customer', 'minute', cfg.requests_per_minute);
    IF rest IS NULL OR a.limit_left IS NULL OR rest < a.limit_left THEN
        a.limit_quota := cfg.requests_per_minute;
        a.limit_left := coalesce(rest, 0);
    END IF;
    IF rest IS NULL THEN
        a.verdict := 'rate_limited';
        RETURN a;
    END IF;

    rest := take_from_window(a.customer_id, 'customer', 'day', cfg.requests_per_day);
    IF rest IS NULL OR rest < a.limit_left THEN
        a.limit_window := 86400;
        a.limit_quota := cfg.requests_per_day;
        a.limit_left := coalesce(rest, 0);
        a.limit_reset := ceil(extract(epoch FROM today + interval '1 day' - now()));
    END IF;
    IF rest IS NULL THEN
        a.verdict := 'rate_limited';
        RETURN a;
    END IF;

    INSERT INTO usage_metrics AS u (customer_id, day, operation, requests)
    VALUES (a.customer_id, (now() AT TIME ZONE 'UTC')::date, route, 1)
    ON CONFLICT (customer_id, day, operation) DO UPDATE SET requests = u.requests + 1;

    a.verdict := 'ok';
    a.config := jsonb_build_object(
        'requestsPerMinute', cfg.requests_per_minute,
        'requestsPerDay', cfg.requests_per_day,
        'maxDocuments', cfg.max_documents,
        'maxFileBytes', cfg.max_file_bytes,
        'allowedTypes', to_jsonb(cfg.allowed_types),
        'chunking', jsonb_build_object('size', cfg.chunk_size, 'overlap', cfg.chunk_overlap),
        'embeddingModel', cfg.embedding_model,
        'retentionDays', cfg.retention_days);
    SELECT jsonb_object_agg(table_name, lance_version) INTO a.index_versions
        FROM index_versions WHERE customer_id = a.customer_id;
    SELECT array_agg(id) INTO a.deleting
        FROM documents WHERE customer_id = a.customer_id AND deleted_at IS NOT NULL;
    RETURN a;
END $$;

-- A user whose access token has been verified.
CREATE FUNCTION admit_user(tenant uuid, who uuid, issued_at timestamptz, route text) RETURNS SETOF admission
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
DECLARE
    a admission;
BEGIN
    SELECT u.customer_id, u.id, u.email, u.role, u.platform_admin
        INTO a.customer_id, a.principal_id, a.email, a.role, a.platform_admin
        FROM users u
        WHERE u.customer_id = tenant AND u.id = who AND u.status = 'active' AND issued_at >= u.tokens_valid_from;
    IF NOT FOUND THEN
        a.verdict := 'unauthenticated';
        RETURN NEXT a;
        RETURN;
    END IF;
    a := admit_customer(a, route, NULL);
    RETURN NEXT a;
END $$;

-- An API key, found by its public part and held against the hash of its secret part.
CREATE FUNCTION admit_api_key(key_public_id text, key_secret_hash bytea, route text) RETURNS SETOF admission
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
    a := admit_customer(a, route, k.requests_per_minute);
    -- Once a minute is precise enough, and spares the row a write per request.
    UPDATE api_keys SET last_used_at = now()
        WHERE customer_id = k.customer_id AND id = k.id
          AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute');
    RETURN NEXT a;
END $$;

-- What a login needs before anybody is known.
CREATE FUNCTION find_login(login_email text)
    RETURNS TABLE (customer_id uuid, user_id uuid, password_hash text, role text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    SELECT u.customer_id, u.id, u.password_hash, u.role
    FROM users u JOIN customers c ON c.id = u.customer_id
    WHERE u.email = login_email AND u.status = 'active' AND c.status <> 'deleted'
    $$;

-- A customer's wrapped data key and its live secrets of one purpose, newest first.
CREATE FUNCTION read_secrets(tenant uuid, wanted text)
    RETURNS TABLE (wrapped_data_key bytea, version integer, nonce bytea, ciphertext bytea)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    SELECT c.wrapped_data_key, s.version, s.nonce, s.ciphertext
    FROM customers c JOIN customer_secrets s ON s.customer_id = c.id
    WHERE c.id = tenant AND c.status <> 'deleted' AND c.wrapped_data_key IS NOT NULL
      AND s.purpose = wanted AND (s.retires_at IS NULL OR s.retires_at > now())
    ORDER BY s.version DESC
    $$;

-- Outbox rows whose time has come; each is put off before it is handed out, so that two sweeps do
-- not send the same row and a sweep that dies has only delayed it.
CREATE FUNCTION sweep_outbox(most integer)
    RETURNS TABLE (customer_id uuid, id bigint, job jsonb)
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    UPDATE outbox o
    SET attempts = o.attempts + 1,
        next_attempt_at = now() + least(interval '10 minutes', interval '30 seconds' * power(2, least(o.attempts, 6)))
    FROM (SELECT q.customer_id, q.id FROM outbox q
          WHERE q.next_attempt_at <= now() ORDER BY q.next_attempt_at LIMIT most FOR UPDATE SKIP LOCKED) due
    WHERE o.customer_id = due.customer_id AND o.id = due.id
    RETURNING o.customer_id, o.id, o.job
    $$;

-- Documents whose job seems to be lost: a lapsed lease, a message that never came, a deletion that
-- did not end. A lapsed lease goes back to the queue; the row is put off as above.
CREATE FUNCTION sweep_documents(most integer)
    RETURNS TABLE (customer_id uuid, id uuid, version integer, deleting boolean)
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    UPDATE documents d
    -- Long enough that a backlog does not multiply itself, short enough that nothing waits for more
    -- than a quarter of an hour.
    SET resend_at = now() + interval '14 minutes',
        status = CASE WHEN d.status = 'processing' AND d.deleted_at IS NULL THEN 'queued' ELSE d.status END,
        stage = CASE WHEN d.deleted_at IS NULL THEN NULL ELSE d.stage END,
        lease_expires_at = CASE WHEN d.deleted_at IS NULL THEN NULL ELSE d.lease_expires_at END
    FROM (SELECT q.customer_id, q.id FROM documents q
          WHERE q.resend_at <= now() AND (q.lease_expires_at IS NULL OR q.lease_expires_at <= now())
          ORDER BY q.resend_at LIMIT most FOR UPDATE SKIP LOCKED) due
    WHERE d.customer_id = due.customer_id AND d.id = due.id
    RETURNING d.customer_id, d.id, d.latest_version, d.deleted_at IS NOT NULL
    $$;

-- Presigned uploads that should have arrived. The caller looks into the bucket before it gives them up.
CREATE FUNCTION sweep_uploads(most integer)
    RETURNS TABLE (customer_id uuid, id uuid)
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    SELECT d.customer_id, d.id FROM documents d
    WHERE d.upload_expires_at <= now() AND d.deleted_at IS NULL
    ORDER BY d.upload_expires_at LIMIT most
    $$;

-- Staged vectors that nothing came back for.
CREATE FUNCTION sweep_staged() RETURNS bigint
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    WITH gone AS (DELETE FROM staged_embeddings WHERE created_at < now() - interval '7 days' RETURNING 1)
    SELECT count(*) FROM gone
    $$;

ALTER FUNCTION take_from_window(uuid, text, text, integer) OWNER TO dynrag_definer;
ALTER FUNCTION admit_customer(admission, text, integer) OWNER TO dynrag_definer;
ALTER FUNCTION admit_user(uuid, uuid, timestamptz, text) OWNER TO dynrag_definer;
ALTER FUNCTION admit_api_key(text, bytea, text) OWNER TO dynrag_definer;
ALTER FUNCTION find_login(text) OWNER TO dynrag_definer;
ALTER FUNCTION read_secrets(uuid, text) OWNER TO dynrag_definer;
ALTER FUNCTION sweep_outbox(integer) OWNER TO dynrag_definer;
ALTER FUNCTION sweep_documents(integer) OWNER TO dynrag_definer;
ALTER FUNCTION sweep_uploads(integer) OWNER TO dynrag_definer;
ALTER FUNCTION sweep_staged() OWNER TO dynrag_definer;

GRANT EXECUTE ON FUNCTION
    admit_user(uuid, uuid, timestamptz, text),
    admit_api_key(text, bytea, text),
    find_login(text),
    read_secrets(uuid, text),
    sweep_outbox(integer),
    sweep_documents(integer),
    sweep_uploads(integer),
    sweep_staged()
    TO dynrag_app;

REVOKE CREATE ON SCHEMA public FROM dynrag_definer;
