-- What an operator needs: messages of a dead worker are taken up soon, and administrators see a customer and delete it.

-- A worker that has received many messages begins with a few of them. It holds the documents of the others for a short
-- time, again and again, for as long as it lives: when it dies, `sweep` sends their messages again after that time. A
-- document whose message nobody has received yet is left at the time it has, however long the queue is. Rows that
-- somebody else has locked are left out: a claim or a deletion.
GRANT CREATE ON SCHEMA public TO dynrag_definer;
SET LOCAL ROLE dynrag_definer;
CREATE FUNCTION hold_documents(tenants uuid[], ids uuid[], versions integer[], seconds double precision)
    RETURNS bigint
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    WITH waiting AS (
        SELECT d.customer_id, d.id
        FROM documents d JOIN unnest(tenants, ids, versions) AS t (customer_id, id, version)
            ON (d.customer_id, d.id, d.latest_version) = (t.customer_id, t.id, t.version)
        WHERE d.status = 'queued' AND d.deleted_at IS NULL
        FOR NO KEY UPDATE OF d SKIP LOCKED
    ), held AS (
        UPDATE documents d SET resend_at = now() + make_interval(secs => seconds)
        FROM waiting WHERE (d.customer_id, d.id) = (waiting.customer_id, waiting.id)
        RETURNING 1
    )
    SELECT count(*) FROM held
    $$;
RESET ROLE;

-- Hides a customer: nobody is admitted, the key of its secrets is gone, workers are fenced off. Called by the customer
-- itself within its tenant, and by `admin_delete_customer`. False where it is deleted already.
CREATE FUNCTION begin_erasure(tenant uuid) RETURNS boolean
    LANGUAGE sql VOLATILE SET search_path = public, pg_temp
    AS $$
    WITH customer AS (
        UPDATE customers SET status = 'deleted', wrapped_data_key = NULL, erase_at = now() + interval '2 minutes'
        WHERE id = tenant AND status <> 'deleted' RETURNING id
    ), secrets AS (
        DELETE FROM customer_secrets USING customer WHERE customer_id = customer.id
    ), keys AS (
        UPDATE api_keys SET revoked_at = now() FROM customer
        WHERE api_keys.customer_id = customer.id AND revoked_at IS NULL
    ), sessions AS (
        UPDATE sessions SET ended_at = now(), end_reason = 'account_deleted' FROM customer
        WHERE sessions.customer_id = customer.id AND ended_at IS NULL
    ), documents AS (
        UPDATE documents
        SET deleted_at = now(), lease_token = lease_token + 1, resend_at = NULL, upload_expires_at = NULL,
            status = CASE WHEN status = 'awaiting_upload' THEN 'queued' ELSE status END
        FROM customer WHERE documents.customer_id = customer.id AND deleted_at IS NULL
    )
    SELECT EXISTS (SELECT 1 FROM customer)
    $$;
GRANT EXECUTE ON FUNCTION begin_erasure(uuid) TO dynrag_app, dynrag_definer;

CREATE POLICY definer_erasure ON customer_secrets FOR DELETE TO dynrag_definer USING (true);
GRANT DELETE ON customer_secrets TO dynrag_definer;
GRANT UPDATE ON sessions TO dynrag_definer;

SET LOCAL ROLE dynrag_definer;
-- A customer as administrators see it: how it stands, what it has and used, and none of its documents.
CREATE FUNCTION admin_get_customer(actor_customer uuid, actor uuid, tenant uuid)
    RETURNS TABLE (id uuid, company_name text, status text, created_at timestamptz, email text, email_verified boolean,
                   users bigint, config jsonb, own_embedding_key boolean, documents jsonb, last_activity_at timestamptz,
                   spent_nano_usd bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    SELECT c.id, c.company_name, c.status, c.created_at, u.email, coalesce(u.email_verified_at IS NOT NULL, false),
           (SELECT count(*) FROM users WHERE users.customer_id = c.id),
           config_of(g),
           EXISTS (SELECT 1 FROM customer_secrets s WHERE s.customer_id = c.id AND s.purpose = 'openai_key'),
           coalesce((SELECT jsonb_object_agg(counted.status, counted.number)
                     FROM (SELECT d.status, count(*) AS number FROM documents d
                           WHERE d.customer_id = c.id AND d.deleted_at IS NULL GROUP BY d.status) counted), '{}'),
           greatest((SELECT max(m.updated_at) FROM usage_metrics m WHERE m.customer_id = c.id AND m.day =
                        (SELECT max(l.day) FROM usage_metrics l WHERE l.customer_id = c.id)),
                    (SELECT max(k.last_used_at) FROM api_keys k WHERE k.customer_id = c.id),
                    (SELECT max(l.last_login_at) FROM users l WHERE l.customer_id = c.id)),
           coalesce((SELECT m.nano_usd FROM monthly_spend m
                     WHERE m.customer_id = c.id AND m.month = this_month()), 0)
    FROM customers c
    JOIN customer_config g ON g.customer_id = c.id
    LEFT JOIN LATERAL (SELECT f.email, f.email_verified_at FROM users f WHERE f.customer_id = c.id
                       ORDER BY f.created_at LIMIT 1) u ON true
    WHERE is_platform_admin(actor_customer, actor) AND c.id = tenant
    $$;

-- Deletes a customer whose name or id is repeated. `deleting`, also the second time; `not_confirmed`; null where there
-- is no such customer. The administrator's own is not deleted here. The line in the log is the administrator's
-- customer's: that of the deleted customer goes with it.
CREATE FUNCTION admin_delete_customer(actor_customer uuid, actor uuid, tenant uuid, confirmed text) RETURNS text
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
DECLARE
    company text;
BEGIN
    IF NOT is_platform_admin(actor_customer, actor) OR tenant = actor_customer THEN
        RETURN NULL;
    END IF;
    SELECT company_name INTO company FROM customers WHERE id = tenant FOR UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF lower(confirmed) <> tenant::text AND confirmed IS DISTINCT FROM company THEN
        RETURN 'not_confirmed';
    END IF;
    IF begin_erasure(tenant) THEN
        INSERT INTO audit_log (customer_id, id, actor_kind, actor_id, action, target_id, details)
        VALUES (actor_customer, gen_random_uuid(), 'platform_admin', actor, 'customer.deleted', tenant,
                jsonb_strip_nulls(jsonb_build_object('companyName', company)));
    END IF;
    RETURN 'deleting';
END $$;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM dynrag_definer;
REVOKE EXECUTE ON FUNCTION
    hold_documents(uuid[], uuid[], integer[], double precision),
    begin_erasure(uuid),
    admin_get_customer(uuid, uuid, uuid),
    admin_delete_customer(uuid, uuid, uuid, text)
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    hold_documents(uuid[], uuid[], integer[], double precision),
    admin_get_customer(uuid, uuid, uuid),
    admin_delete_customer(uuid, uuid, uuid, text)
    TO dynrag_app;
