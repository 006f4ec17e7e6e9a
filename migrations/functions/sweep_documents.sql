-- Documents whose message is lost or late, at most so many. Each is queued again and due again in 14 minutes. A document
-- whose time to be undeleted has passed is among them, as one that is being removed.
SET LOCAL ROLE dynrag_definer;

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

RESET ROLE;
