-- Long jobs whose message is lost or late, at most so many.
SET LOCAL ROLE dynrag_definer;

CREATE OR REPLACE FUNCTION sweep_jobs(most integer) RETURNS TABLE (customer_id uuid, id uuid, kind text)
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    UPDATE jobs j SET resend_at = now() + interval '10 minutes'
    FROM (SELECT q.customer_id, q.id FROM jobs q WHERE q.resend_at <= now()
          ORDER BY q.resend_at LIMIT most FOR UPDATE SKIP LOCKED) due
    WHERE j.customer_id = due.customer_id AND j.id = due.id
    RETURNING j.customer_id, j.id, j.kind
    $$;

RESET ROLE;
