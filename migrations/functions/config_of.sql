-- The configuration of a customer as JSON, as callers and workers read it.

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
        'deletionRetentionDays', cfg.deletion_retention_days,
        'chatModels', to_jsonb(cfg.chat_models),
        'chatUserBudgetUsd', trim_scale(cfg.chat_user_budget_usd)::text,
        'chatSessionBudgetUsd', trim_scale(cfg.chat_session_budget_usd)::text)
    $$;
