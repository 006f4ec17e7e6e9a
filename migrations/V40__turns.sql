-- Nobody's notifications wait for another customer's, nothing is done for an account before an address is verified, and
-- attachments stay with their mail.

CREATE INDEX webhook_deliveries_customer_due ON webhook_deliveries (customer_id, resend_at) WHERE resend_at IS NOT NULL;

-- As in V31: whose key pays. Null while nobody of the customer has verified an address, whether it has a key or not: a key
-- that nobody has tried shows nothing.
CREATE OR REPLACE FUNCTION payer_of(tenant uuid) RETURNS text
    LANGUAGE sql STABLE
    AS $$
    SELECT CASE
        WHEN platform_key_from IS NULL OR platform_key_from > now() THEN NULL
        WHEN EXISTS (SELECT 1 FROM customer_secrets WHERE customer_id = tenant AND purpose = 'openai_key') THEN 'customer'
        ELSE 'platform' END
    FROM customers WHERE id = tenant
    $$;

-- Attachments that are in the collection of their mail go where it goes. One that somebody has moved elsewhere stays there.
CREATE FUNCTION move_attachments() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    UPDATE documents SET collection_id = NEW.collection_id
    WHERE customer_id = NEW.customer_id AND attached_to = NEW.id AND deleted_at IS NULL
      AND collection_id IS NOT DISTINCT FROM OLD.collection_id;
    RETURN NULL;
END $$;
GRANT EXECUTE ON FUNCTION move_attachments() TO dynrag_app, dynrag_definer;
CREATE TRIGGER move_attachments AFTER UPDATE OF collection_id ON documents
    FOR EACH ROW WHEN (OLD.collection_id IS DISTINCT FROM NEW.collection_id AND NEW.deleted_at IS NULL)
    EXECUTE FUNCTION move_attachments();

GRANT CREATE ON SCHEMA public TO dynrag_definer;
SET LOCAL ROLE dynrag_definer;

-- As in V19, by turns: the first of every customer, then the second of every customer, and so on, at most fifty of one.
-- Customers are found one by one in the index, so that a long backlog of one is not read.
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
REVOKE CREATE ON SCHEMA public FROM dynrag_definer;
