-- OAuth for clients of the MCP server. What a client is granted is a session of its user, with less than the user's rights.

-- Clients that registered themselves (RFC 7591). They belong to nobody. One that no user consents to is forgotten after a day, others
-- 90 days after their last use.
CREATE TABLE oauth_clients (
    id            text PRIMARY KEY CHECK (id ~ '^drc_[0-9A-Za-z_-]{22}$'),
    name          text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    redirect_uris text[] NOT NULL CHECK (cardinality(redirect_uris) BETWEEN 1 AND 10),
    expires_at    timestamptz NOT NULL DEFAULT now() + interval '1 day'
);
CREATE INDEX oauth_clients_expired ON oauth_clients (expires_at);
ALTER TABLE oauth_clients ENABLE ROW LEVEL SECURITY;
ALTER TABLE oauth_clients FORCE ROW LEVEL SECURITY;

-- Authorization codes.
CREATE TABLE oauth_codes (
    customer_id  uuid NOT NULL REFERENCES customers ON DELETE CASCADE,
    id           uuid NOT NULL,
    secret_hash  bytea NOT NULL CHECK (octet_length(secret_hash) = 32),
    user_id      uuid NOT NULL,
    client_id    text NOT NULL CHECK (char_length(client_id) BETWEEN 1 AND 2000),
    client_name  text NOT NULL CHECK (char_length(client_name) BETWEEN 1 AND 100),
    redirect_uri text NOT NULL CHECK (char_length(redirect_uri) BETWEEN 1 AND 2000),
    challenge    text NOT NULL CHECK (char_length(challenge) = 43),
    resource     text NOT NULL,
    scopes       text[] NOT NULL CHECK (cardinality(scopes) > 0),
    expires_at   timestamptz NOT NULL,
    -- The session that it was exchanged for. A code that comes again ends it.
    session_id   uuid,
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, user_id) REFERENCES users (customer_id, id) ON DELETE CASCADE
);
SELECT protect_tenant_table('oauth_codes');
CREATE INDEX oauth_codes_expired ON oauth_codes (expires_at);

-- What a session was granted for, if it is that of a client.
CREATE TABLE oauth_grants (
    customer_id uuid NOT NULL,
    session_id  uuid NOT NULL,
    client_id   text NOT NULL,
    client_name text NOT NULL,
    -- Where the user was sent back to.
    redirect_uri text NOT NULL,
    -- The audience of its tokens.
    resource    text NOT NULL,
    scopes      text[] NOT NULL CHECK (cardinality(scopes) > 0),
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, session_id),
    FOREIGN KEY (customer_id, session_id) REFERENCES sessions (customer_id, id) ON DELETE CASCADE
);
SELECT protect_tenant_table('oauth_grants');

ALTER TABLE sessions DROP CONSTRAINT sessions_end_reason_check;
ALTER TABLE sessions ADD CONSTRAINT sessions_end_reason_check CHECK (end_reason IN
    ('logout', 'password_changed', 'password_reset', 'token_reused', 'user_disabled', 'secrets_rotated', 'account_deleted',
     'code_reused', 'revoked'))
    NOT VALID;
ALTER TABLE sessions VALIDATE CONSTRAINT sessions_end_reason_check;

CREATE POLICY definer ON oauth_clients TO dynrag_definer USING (true) WITH CHECK (true);
CREATE POLICY definer ON oauth_codes TO dynrag_definer USING (true) WITH CHECK (true);
CREATE POLICY definer ON oauth_grants TO dynrag_definer USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON oauth_clients TO dynrag_definer;
GRANT SELECT, DELETE ON oauth_codes TO dynrag_definer;
GRANT SELECT ON oauth_grants TO dynrag_definer;

GRANT CREATE ON SCHEMA public TO dynrag_definer;
-- Registers a client.
CREATE FUNCTION oauth_register(client text, client_name text, uris text[]) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$ INSERT INTO oauth_clients (id, name, redirect_uris) VALUES (client, client_name, uris) $$;

-- Finds a client.
CREATE FUNCTION oauth_client(client text) RETURNS TABLE (name text, redirect_uris text[])
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$ SELECT c.name, c.redirect_uris FROM oauth_clients c WHERE c.id = client AND c.expires_at > now() $$;

-- Has a client last for another 90 days, as it is used; not each time.
CREATE FUNCTION oauth_renew(client text) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    UPDATE oauth_clients SET expires_at = now() + interval '90 days'
    WHERE id = client AND expires_at BETWEEN now() AND now() + interval '60 days'
    $$;

-- Forgets clients and codes that have expired.
CREATE FUNCTION sweep_oauth() RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    DELETE FROM oauth_clients WHERE expires_at < now();
    -- A day, so that a code that comes again is noticed.
    DELETE FROM oauth_codes WHERE expires_at < now() - interval '1 day';
    $$;

-- Admits a user by a verified token of a client, with what the client was granted.
CREATE FUNCTION admit_grant(tenant uuid, who uuid, session uuid, secret_version integer, issued_at timestamptz, of_resource text,
                            route text, class text) RETURNS SETOF admission
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
DECLARE
    a admission;
BEGIN
    SELECT u.customer_id, u.id, u.email, u.role, false, g.scopes
        INTO a.customer_id, a.principal_id, a.email, a.role, a.platform_admin, a.scopes
        FROM users u
        JOIN sessions s ON (s.customer_id, s.user_id) = (u.customer_id, u.id)
        JOIN oauth_grants g ON (g.customer_id, g.session_id) = (s.customer_id, s.id)
        JOIN customer_secrets k ON k.customer_id = u.customer_id AND k.purpose = 'access_token'
        WHERE u.customer_id = tenant AND u.id = who AND u.status = 'active' AND issued_at >= u.tokens_valid_from
          AND s.id = session AND s.ended_at IS NULL AND s.expires_at > now() AND g.resource = of_resource
          AND k.version = secret_version AND (k.retires_at IS NULL OR k.retires_at > now());
    IF NOT FOUND THEN
        a.verdict := 'unauthenticated';
        RETURN NEXT a;
        RETURN;
    END IF;
    a := admit_customer(a, route, class, NULL);
    RETURN NEXT a;
END $$;

ALTER FUNCTION oauth_register(text, text, text[]) OWNER TO dynrag_definer;
ALTER FUNCTION oauth_client(text) OWNER TO dynrag_definer;
ALTER FUNCTION oauth_renew(text) OWNER TO dynrag_definer;
ALTER FUNCTION sweep_oauth() OWNER TO dynrag_definer;
ALTER FUNCTION admit_grant(uuid, uuid, uuid, integer, timestamptz, text, text, text) OWNER TO dynrag_definer;
REVOKE CREATE ON SCHEMA public FROM dynrag_definer;
GRANT EXECUTE ON FUNCTION oauth_register(text, text, text[]), oauth_client(text), oauth_renew(text), sweep_oauth(),
    admit_grant(uuid, uuid, uuid, integer, timestamptz, text, text, text) TO dynrag_app;
