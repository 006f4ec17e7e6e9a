-- A deleted document can be undeleted for as many days as its customer says.

ALTER TABLE customer_config ADD COLUMN deletion_retention_days integer NOT NULL DEFAULT 0
    CHECK (deletion_retention_days BETWEEN 0 AND 365);
-- Of a deleted document: until when it can be undeleted. Null: it is being removed.
ALTER TABLE documents ADD COLUMN purge_at timestamptz;
ALTER TABLE documents ADD CONSTRAINT documents_purge_check
    CHECK (purge_at IS NULL OR (deleted_at IS NOT NULL AND resend_at IS NOT NULL)) NOT VALID;

-- Those that every request of a customer reads.
DROP INDEX documents_deleting;
CREATE INDEX documents_deleting ON documents (customer_id, id) WHERE deleted_at IS NOT NULL AND purge_at IS NULL;
CREATE INDEX documents_deleted_list ON documents (customer_id, created_at DESC, id DESC) WHERE purge_at IS NOT NULL;

-- Until when a document that is deleted now can be undeleted; null: not at all.
CREATE FUNCTION purge_time(tenant uuid, permanent boolean) RETURNS timestamptz
    LANGUAGE sql STABLE
    AS $$
    SELECT CASE WHEN NOT permanent AND deletion_retention_days > 0
        THEN now() + make_interval(days => deletion_retention_days) END
    FROM customer_config WHERE customer_id = tenant
    $$;
GRANT EXECUTE ON FUNCTION purge_time(uuid, boolean) TO dynrag_app;

-- As in V19. A document that is undeleted is told of again, as it stands.
DROP TRIGGER record_ended ON documents;
CREATE TRIGGER record_ended AFTER UPDATE ON documents
    FOR EACH ROW WHEN (
        OLD.deleted_at IS NULL
        AND (NEW.deleted_at IS NOT NULL
             OR OLD.status <> NEW.status AND NEW.status IN ('completed', 'failed', 'needs_action'))
        OR OLD.deleted_at IS NOT NULL AND NEW.deleted_at IS NULL
        AND NEW.status IN ('completed', 'failed', 'needs_action'))
    EXECUTE FUNCTION record_deliveries();

-- As in V32, with the days.
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
        'retentionDays', cfg.retention_days,
        'deletionRetentionDays', cfg.deletion_retention_days)
    $$;

GRANT CREATE ON SCHEMA public TO dynrag_definer;
SET LOCAL ROLE dynrag_definer;

-- As in V16. The time of a deleted document may be over: it cannot be undeleted from here on.
CREATE OR REPLACE FUNCTION sweep_documents(most integer)
    RETURNS TABLE (customer_id uuid, id uuid, version integer, deleting boolean, lane text, to_fetch boolean)
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
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

-- As in V32. Only documents that are being removed are handed over: a search leaves the others out itself.
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
        FROM documents WHERE customer_id = a.customer_id AND deleted_at IS NOT NULL AND purge_at IS NULL;
    SELECT nano_usd, platform_nano_usd INTO a.spent_nano_usd, a.platform_spent_nano_usd
        FROM monthly_spend WHERE customer_id = a.customer_id AND month = this_month();
    a.paid_by := payer_of(a.customer_id);
    RETURN a;
END $$;

RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM dynrag_definer;
