-- Takes one from a fixed window, of the unit that date_trunc calls `kind`. Returns what is left of the quota, or null when it is
-- used up. In PL/pgSQL, which keeps the statement's plan.
SET LOCAL ROLE dynrag_definer;

CREATE OR REPLACE FUNCTION take_from_window(tenant uuid, who text, kind text, quota integer) RETURNS integer
    LANGUAGE plpgsql VOLATILE
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

RESET ROLE;
