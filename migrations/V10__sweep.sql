-- What the sweep looks for, found by an index; uploads that cannot be taken in are put off like the rest.

CREATE INDEX staged_embeddings_age ON staged_embeddings (created_at);
CREATE INDEX api_keys_created_by ON api_keys (customer_id, created_by);

ALTER TABLE documents ADD COLUMN upload_swept_at timestamptz;

-- Presigned uploads that should have arrived; each is put off as it is handed out, so that one that
-- fails again and again holds up no other. The caller looks into the bucket before it gives them up;
-- `overdue` ones it gives up without, as looking has failed for a day.
CREATE FUNCTION sweep_awaited(most integer)
    RETURNS TABLE (customer_id uuid, id uuid, overdue boolean)
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    UPDATE documents d SET upload_swept_at = now()
    FROM (SELECT q.customer_id, q.id FROM documents q
          WHERE q.upload_expires_at <= now() AND q.deleted_at IS NULL
            AND (q.upload_swept_at IS NULL OR q.upload_swept_at < now() - interval '10 minutes')
          ORDER BY q.upload_expires_at LIMIT most FOR UPDATE SKIP LOCKED) due
    WHERE d.customer_id = due.customer_id AND d.id = due.id
    RETURNING d.customer_id, d.id, d.upload_expires_at < now() - interval '1 day'
    $$;

GRANT CREATE ON SCHEMA public TO dynrag_definer;
ALTER FUNCTION sweep_awaited(integer) OWNER TO dynrag_definer;
REVOKE CREATE ON SCHEMA public FROM dynrag_definer;
GRANT EXECUTE ON FUNCTION sweep_awaited(integer) TO dynrag_app;
