-- Notifications that are due, at most so many, by turns: the first of each customer, then the second of each, and so on, at
-- most fifty of one. Customers are found one by one in the index, so that a long backlog of one is not read.
SET LOCAL ROLE dynrag_definer;

CREATE OR REPLACE FUNCTION sweep_deliveries(most integer) RETURNS TABLE (customer_id uuid, id uuid)
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
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

RESET ROLE;
