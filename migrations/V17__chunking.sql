-- Ways of cutting text, and sizes in tokens.

ALTER TABLE customer_config DROP CONSTRAINT customer_config_chunk_size_check;
ALTER TABLE customer_config ADD CONSTRAINT customer_config_chunk_size_check CHECK (chunk_size BETWEEN 20 AND 20000) NOT VALID;

-- A document may be cut in its own way; null: as its customer's are.
ALTER TABLE documents ADD COLUMN chunking jsonb CHECK (jsonb_typeof(chunking) = 'object');

CREATE FUNCTION chunking_of(cfg customer_config) RETURNS jsonb
    LANGUAGE sql STABLE
    AS $$
    SELECT jsonb_build_object('strategy', cfg.chunk_strategy, 'size', cfg.chunk_size,
        'overlap', cfg.chunk_overlap, 'unit', cfg.chunk_unit)
    $$;

-- A customer's configuration as the API shows it.
CREATE FUNCTION config_of(cfg customer_config) RETURNS jsonb
    LANGUAGE sql STABLE
    AS $$
    SELECT jsonb_build_object(
        'requestsPerMinute', cfg.requests_per_minute,
        'requestsPerDay', cfg.requests_per_day,
        'classLimits', cfg.class_limits,
        'maxDocuments', cfg.max_documents,
        'maxFileBytes', cfg.max_file_bytes,
        'allowedTypes', to_jsonb(cfg.allowed_types),
        'chunking', chunking_of(cfg),
        'embeddingModel', cfg.embedding_model,
        'monthlyBudgetUsd', cfg.monthly_budget_usd::text,
        'budgetAlertPercent', cfg.budget_alert_percent,
        'retentionDays', cfg.retention_days)
    $$;
GRANT EXECUTE ON FUNCTION chunking_of(customer_config), config_of(customer_config) TO dynrag_app, dynrag_definer;

-- As in V11, with the configuration in a function of its own: the next change of it is a change of that.
GRANT CREATE ON SCHEMA public TO dynrag_definer;
SET LOCAL ROLE dynrag_definer;
CREATE OR REPLACE FUNCTION admit_customer(a admission, route text, class text, key_quota integer) RETURNS admission
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
    a.config := config_of(cfg);
    SELECT jsonb_object_agg(table_name, lance_version) INTO a.index_versions
        FROM index_versions WHERE customer_id = a.customer_id;
    SELECT array_agg(id) INTO a.deleting
        FROM documents WHERE customer_id = a.customer_id AND deleted_at IS NOT NULL;
    SELECT nano_usd INTO a.spent_nano_usd
        FROM monthly_spend WHERE customer_id = a.customer_id AND month = this_month();
    RETURN a;
END $$;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM dynrag_definer;
