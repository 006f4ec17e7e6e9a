-- Events for WebSocket connections: who is connected, what they have subscribed to, and what is on its way to them.

-- What a client connects with, once, instead of a credential in the URL.
CREATE TABLE connection_tickets (
    customer_id uuid NOT NULL REFERENCES customers ON DELETE CASCADE,
    id          uuid NOT NULL,
    secret_hash bytea NOT NULL CHECK (octet_length(secret_hash) = 32),
    -- Of a user, the session.
    session_id  uuid,
    api_key_id  uuid,
    expires_at  timestamptz NOT NULL,
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, session_id) REFERENCES sessions (customer_id, id) ON DELETE CASCADE,
    FOREIGN KEY (customer_id, api_key_id) REFERENCES api_keys (customer_id, id) ON DELETE CASCADE,
    CHECK (num_nonnulls(session_id, api_key_id) = 1)
);
SELECT protect_tenant_table('connection_tickets');
CREATE INDEX connection_tickets_expired ON connection_tickets (expires_at);

CREATE TABLE connections (
    customer_id uuid NOT NULL REFERENCES customers ON DELETE CASCADE,
    -- API Gateway's.
    id          text NOT NULL CHECK (char_length(id) BETWEEN 1 AND 128),
    session_id  uuid,
    api_key_id  uuid,
    opened_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, session_id) REFERENCES sessions (customer_id, id) ON DELETE CASCADE,
    FOREIGN KEY (customer_id, api_key_id) REFERENCES api_keys (customer_id, id) ON DELETE CASCADE,
    CHECK (num_nonnulls(session_id, api_key_id) = 1)
);
SELECT protect_tenant_table('connections');
-- By its id alone: a message names no customer.
CREATE INDEX connections_id ON connections (id);
CREATE INDEX connections_opened ON connections (opened_at);

CREATE TABLE subscriptions (
    customer_id   uuid NOT NULL,
    connection_id text NOT NULL,
    channel       text NOT NULL CHECK (channel IN ('documents', 'jobs', 'chat', 'usage')),
    -- A document, a job or a conversation; the nil UUID is the whole channel.
    subject       uuid NOT NULL,
    PRIMARY KEY (customer_id, connection_id, channel, subject),
    FOREIGN KEY (customer_id, connection_id) REFERENCES connections (customer_id, id) ON DELETE CASCADE
);
SELECT protect_tenant_table('subscriptions');
CREATE INDEX subscriptions_channel ON subscriptions (customer_id, channel, subject);

-- Events that are on their way. A row is its own outbox: `resend_at` says when `sweep` puts a message into the queue (again).
-- No foreign key to the connection: one that closes at that moment must not fail what is told, nor hold it up.
CREATE TABLE pushes (
    customer_id   uuid NOT NULL REFERENCES customers ON DELETE CASCADE,
    id            bigint GENERATED ALWAYS AS IDENTITY,
    connection_id text NOT NULL,
    channel       text NOT NULL CHECK (channel IN ('documents', 'jobs', 'chat', 'usage')),
    subject       uuid NOT NULL,
    -- The row of document_events, or the number of a message in its conversation; null if the subject is enough.
    number        bigint,
    -- Of a document that was deleted.
    collection_id uuid,
    resend_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, id)
);
SELECT protect_tenant_table('pushes');
CREATE INDEX pushes_due ON pushes (resend_at);
CREATE INDEX pushes_connection ON pushes (customer_id, connection_id, id);

-- Whether the session or the key with which a connection was opened would be admitted now.
CREATE FUNCTION is_admitted(c connections) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
    SELECT EXISTS (SELECT FROM customers WHERE id = c.customer_id AND status = 'active')
       AND CASE WHEN c.api_key_id IS NULL THEN EXISTS (
               SELECT FROM sessions s JOIN users u ON (u.customer_id, u.id) = (s.customer_id, s.user_id)
               WHERE s.customer_id = c.customer_id AND s.id = c.session_id AND s.ended_at IS NULL AND s.expires_at > now()
                 AND u.status = 'active' AND c.opened_at >= u.tokens_valid_from)
           ELSE EXISTS (
               SELECT FROM api_keys k
               WHERE k.customer_id = c.customer_id AND k.id = c.api_key_id AND k.revoked_at IS NULL
                 AND (k.expires_at IS NULL OR k.expires_at > now())) END
    $$;

-- An event for each connection that has subscribed to it. Nothing is written where nobody listens, or while a customer is erased.
CREATE FUNCTION push_event(customer uuid, of_channel text, of_subject uuid, of_number bigint, of_collection uuid) RETURNS void
    LANGUAGE sql VOLATILE
    AS $$
    INSERT INTO pushes (customer_id, connection_id, channel, subject, number, collection_id)
    SELECT DISTINCT customer, connection_id, of_channel, of_subject, of_number, of_collection FROM subscriptions
    WHERE customer_id = customer AND channel = of_channel
      AND subject IN (of_subject, '00000000-0000-0000-0000-000000000000')
      AND EXISTS (SELECT FROM customers WHERE id = customer AND status = 'active')
    $$;
GRANT EXECUTE ON FUNCTION is_admitted(connections), push_event(uuid, text, uuid, bigint, uuid) TO dynrag_app, dynrag_definer;

CREATE POLICY definer ON connection_tickets TO dynrag_definer USING (true) WITH CHECK (true);
CREATE POLICY definer ON connections TO dynrag_definer USING (true) WITH CHECK (true);
CREATE POLICY definer ON subscriptions TO dynrag_definer USING (true) WITH CHECK (true);
CREATE POLICY definer ON pushes TO dynrag_definer USING (true) WITH CHECK (true);
GRANT SELECT, DELETE ON connection_tickets TO dynrag_definer;
-- UPDATE to lock.
GRANT SELECT, UPDATE, DELETE ON connections TO dynrag_definer;
GRANT SELECT ON subscriptions TO dynrag_definer;
GRANT SELECT, INSERT, UPDATE, DELETE ON pushes TO dynrag_definer;

GRANT CREATE ON SCHEMA public TO dynrag_definer;
-- Admits what comes through a connection, which is found by its id, with the rights that its user or key has now.
CREATE FUNCTION admit_connection(connection text, route text, class text) RETURNS SETOF admission
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
DECLARE
    a admission;
    c connections;
    k api_keys;
BEGIN
    SELECT * INTO c FROM connections WHERE id = connection;
    IF NOT FOUND OR NOT is_admitted(c) THEN
        a.verdict := 'unauthenticated';
        RETURN NEXT a;
        RETURN;
    END IF;
    a.customer_id := c.customer_id;
    IF c.api_key_id IS NULL THEN
        SELECT u.id, u.email, u.role, u.platform_admin INTO a.principal_id, a.email, a.role, a.platform_admin
            FROM sessions s JOIN users u ON (u.customer_id, u.id) = (s.customer_id, s.user_id)
            WHERE s.customer_id = c.customer_id AND s.id = c.session_id;
        a := admit_customer(a, route, class, NULL);
    ELSE
        SELECT * INTO k FROM api_keys WHERE customer_id = c.customer_id AND id = c.api_key_id;
        a.principal_id := k.id;
        a.platform_admin := false;
        a.scopes := k.scopes;
        a := admit_customer(a, route, class, k.requests_per_minute);
        IF k.bound THEN
            SELECT coalesce(array_agg(b.collection_id), '{}') INTO a.collections
                FROM api_key_collections b WHERE b.customer_id = k.customer_id AND b.api_key_id = k.id;
        END IF;
    END IF;
    RETURN NEXT a;
END $$;

-- Forgets a connection that has ended. Whose it was nobody needs to know.
CREATE FUNCTION close_connection(connection text) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$ DELETE FROM connections WHERE id = connection $$;

-- Customers with events whose message is to be sent; each event is put off as it is handed out. New ones are first: those of a
-- customer with a long backlog do not hold up the others'.
CREATE FUNCTION sweep_pushes(most integer) RETURNS TABLE (customer_id uuid)
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    WITH sent AS (
        UPDATE pushes p SET resend_at = now() + interval '1 minute'
        FROM (SELECT q.customer_id, q.id FROM pushes q WHERE q.resend_at <= now()
              ORDER BY q.resend_at DESC LIMIT most FOR UPDATE SKIP LOCKED) due
        WHERE p.customer_id = due.customer_id AND p.id = due.id
        RETURNING p.customer_id
    )
    SELECT DISTINCT customer_id FROM sent
    $$;

-- Forgets tickets that have expired, events for connections that have ended, and connections that API Gateway has ended by now:
-- none lasts longer than two hours. Returns customers with a connection that is to be closed, as its session has ended or its key
-- was revoked.
CREATE FUNCTION sweep_connections(most integer) RETURNS TABLE (customer_id uuid)
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    DELETE FROM connection_tickets WHERE expires_at < now();
    DELETE FROM connections c
    USING (SELECT o.customer_id, o.id FROM connections o WHERE o.opened_at < now() - interval '130 minutes'
           FOR UPDATE SKIP LOCKED) old
    WHERE c.customer_id = old.customer_id AND c.id = old.id;
    DELETE FROM pushes p
    WHERE NOT EXISTS (SELECT FROM connections c WHERE c.customer_id = p.customer_id AND c.id = p.connection_id);
    SELECT DISTINCT c.customer_id FROM connections c WHERE NOT is_admitted(c) LIMIT most
    $$;

ALTER FUNCTION admit_connection(text, text, text) OWNER TO dynrag_definer;
ALTER FUNCTION close_connection(text) OWNER TO dynrag_definer;
ALTER FUNCTION sweep_pushes(integer) OWNER TO dynrag_definer;
ALTER FUNCTION sweep_connections(integer) OWNER TO dynrag_definer;
REVOKE CREATE ON SCHEMA public FROM dynrag_definer;
GRANT EXECUTE ON FUNCTION admit_connection(text, text, text), close_connection(text), sweep_pushes(integer),
    sweep_connections(integer) TO dynrag_app;
