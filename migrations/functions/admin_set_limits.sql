-- Sets limits of a customer, for an administrator of the platform: `limits` has those that change. False without such a
-- customer.
SET LOCAL ROLE dynrag_definer;

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

RESET ROLE;
