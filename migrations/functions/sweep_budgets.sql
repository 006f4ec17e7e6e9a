-- Releases documents that wait for a budget that has room again. Returns how many.
SET LOCAL ROLE dynrag_definer;

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
