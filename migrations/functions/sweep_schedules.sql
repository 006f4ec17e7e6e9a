-- Scheduled webhooks that are due, at most so many, each leased for ten minutes.
SET LOCAL ROLE dynrag_definer;

CREATE OR REPLACE FUNCTION sweep_schedules(most integer)
    RETURNS TABLE (customer_id uuid, id uuid, name text, url text, schedule text, time_zone text,
                   planned timestamptz, leased timestamptz, collection_id uuid)
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    UPDATE webhooks w SET next_run_at = now() + interval '10 minutes'
    FROM (SELECT q.customer_id, q.id, q.next_run_at FROM webhooks q JOIN customers c ON c.id = q.customer_id
          WHERE q.next_run_at <= now() AND c.status = 'active'
          ORDER BY q.next_run_at LIMIT most FOR UPDATE OF q SKIP LOCKED) due
    WHERE w.customer_id = due.customer_id AND w.id = due.id
    RETURNING w.customer_id, w.id, w.name, w.url, w.schedule, w.time_zone, due.next_run_at, w.next_run_at,
        w.collection_id
    $$;

RESET ROLE;
