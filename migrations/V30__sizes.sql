-- What one document, and all documents of a customer together, may come to: one document must not make every search of
-- its customer slow or impossible.
ALTER TABLE customer_config
    ADD COLUMN max_pages integer NOT NULL DEFAULT 10000 CHECK (max_pages > 0),
    ADD COLUMN max_characters bigint NOT NULL DEFAULT 20000000 CHECK (max_characters > 0),
    ADD COLUMN max_document_chunks integer NOT NULL DEFAULT 20000 CHECK (max_document_chunks > 0),
    ADD COLUMN max_chunks integer NOT NULL DEFAULT 500000 CHECK (max_chunks > 0);

CREATE OR REPLACE FUNCTION config_of(cfg customer_config) RETURNS jsonb
    LANGUAGE sql STABLE
    AS $$
    SELECT jsonb_build_object(
        'requestsPerMinute', cfg.requests_per_minute,
        'requestsPerDay', cfg.requests_per_day,
        'classLimits', cfg.class_limits,
        'maxDocuments', cfg.max_documents,
        'maxFileBytes', cfg.max_file_bytes,
        'maxPages', cfg.max_pages,
        'maxCharacters', cfg.max_characters,
        'maxDocumentChunks', cfg.max_document_chunks,
        'maxChunks', cfg.max_chunks,
        'allowedTypes', to_jsonb(cfg.allowed_types),
        'chunking', chunking_of(cfg),
        'embeddingModel', cfg.embedding_model,
        'monthlyBudgetUsd', cfg.monthly_budget_usd::text,
        'budgetAlertPercent', cfg.budget_alert_percent,
        'retentionDays', cfg.retention_days)
    $$;

-- As in V11, which the release before this one still calls, with the limits as the API names them. One that is left out
-- stays as it is. Documents that wait for room are queued again when there may be some.
GRANT CREATE ON SCHEMA public TO dynrag_definer;
SET LOCAL ROLE dynrag_definer;
CREATE FUNCTION admin_set_limits(actor_customer uuid, actor uuid, tenant uuid, limits jsonb) RETURNS boolean
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
BEGIN
    IF NOT is_platform_admin(actor_customer, actor) THEN
        RETURN false;
    END IF;
    UPDATE customer_config SET
        requests_per_minute = coalesce((limits ->> 'requestsPerMinute')::integer, requests_per_minute),
        requests_per_day = coalesce((limits ->> 'requestsPerDay')::integer, requests_per_day),
        max_documents = coalesce((limits ->> 'maxDocuments')::integer, max_documents),
        max_file_bytes = coalesce((limits ->> 'maxFileBytes')::bigint, max_file_bytes),
        max_pages = coalesce((limits ->> 'maxPages')::integer, max_pages),
        max_characters = coalesce((limits ->> 'maxCharacters')::bigint, max_characters),
        max_document_chunks = coalesce((limits ->> 'maxDocumentChunks')::integer, max_document_chunks),
        max_chunks = coalesce((limits ->> 'maxChunks')::integer, max_chunks)
        WHERE customer_id = tenant;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF limits ? 'maxChunks' THEN
        UPDATE documents SET status = 'queued', code = NULL, attempts = 0, lane = 'bulk', resend_at = now()
        WHERE customer_id = tenant AND status = 'needs_action' AND code = 'chunk_limit' AND deleted_at IS NULL;
    END IF;
    INSERT INTO audit_log (customer_id, id, actor_kind, actor_id, action, target_id, details)
    VALUES (tenant, gen_random_uuid(), 'platform_admin', actor, 'config.limited', tenant, limits);
    RETURN true;
END $$;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM dynrag_definer;
REVOKE EXECUTE ON FUNCTION admin_set_limits(uuid, uuid, uuid, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION admin_set_limits(uuid, uuid, uuid, jsonb) TO dynrag_app;
