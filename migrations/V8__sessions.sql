-- Sessions, which a login begins and which end at once everywhere; and the log of who did what.

-- None could be exchanged so far, and none belongs to a session.
TRUNCATE refresh_tokens;

CREATE TABLE sessions (
    customer_id uuid NOT NULL,
    id          uuid NOT NULL,
    user_id     uuid NOT NULL,
    -- That of its newest refresh token.
    expires_at  timestamptz NOT NULL,
    ended_at    timestamptz,
    end_reason  text CHECK (end_reason IN ('logout', 'password_changed', 'token_reused')),
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, user_id) REFERENCES users (customer_id, id) ON DELETE CASCADE,
    CHECK ((ended_at IS NULL) = (end_reason IS NULL))
);
SELECT protect_tenant_table('sessions');
CREATE INDEX sessions_user ON sessions (customer_id, user_id) WHERE ended_at IS NULL;
CREATE INDEX sessions_expiry ON sessions (expires_at);
CREATE TRIGGER touch BEFORE UPDATE ON sessions FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

-- The family of tokens that descend from one login is the session.
ALTER TABLE refresh_tokens RENAME COLUMN family_id TO session_id;
ALTER TABLE refresh_tokens DROP COLUMN revoked_at;
ALTER TABLE refresh_tokens ADD FOREIGN KEY (customer_id, session_id)
    REFERENCES sessions (customer_id, id) ON DELETE CASCADE;
ALTER INDEX refresh_tokens_family RENAME TO refresh_tokens_session;

-- Append-only: the app may neither change nor remove a line. It goes with its customer.
CREATE TABLE audit_log (
    customer_id uuid NOT NULL REFERENCES customers ON DELETE CASCADE,
    id          uuid NOT NULL,
    at          timestamptz NOT NULL DEFAULT now(),
    actor_kind  text NOT NULL CHECK (actor_kind IN ('user', 'api_key', 'system')),
    actor_id    uuid,
    action      text NOT NULL CHECK (action ~ '^[a-z_]{2,32}\.[a-z_]{2,32}$'),
    target_id   uuid NOT NULL,
    details     jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(details) = 'object'),
    PRIMARY KEY (customer_id, id),
    CHECK ((actor_kind = 'system') = (actor_id IS NULL))
);
SELECT protect_tenant_table('audit_log');
REVOKE UPDATE, DELETE ON audit_log FROM dynrag_app;
CREATE INDEX audit_log_list ON audit_log (customer_id, at DESC, id DESC);

CREATE POLICY definer ON sessions TO dynrag_definer USING (true) WITH CHECK (true);
GRANT SELECT, DELETE ON sessions TO dynrag_definer;

-- A user whose access token has been verified, within a session that has not ended.
DROP FUNCTION admit_user(uuid, uuid, timestamptz, text);
CREATE FUNCTION admit_user(tenant uuid, who uuid, session uuid, issued_at timestamptz, route text)
    RETURNS SETOF admission
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
DECLARE
    a admission;
BEGIN
    SELECT u.customer_id, u.id, u.email, u.role, u.platform_admin
        INTO a.customer_id, a.principal_id, a.email, a.role, a.platform_admin
        FROM users u
        JOIN sessions s ON (s.customer_id, s.user_id) = (u.customer_id, u.id)
        WHERE u.customer_id = tenant AND u.id = who AND u.status = 'active' AND issued_at >= u.tokens_valid_from
          AND s.id = session AND s.ended_at IS NULL AND s.expires_at > now();
    IF NOT FOUND THEN
        a.verdict := 'unauthenticated';
        RETURN NEXT a;
        RETURN;
    END IF;
    a := admit_customer(a, route, NULL);
    RETURN NEXT a;
END $$;

-- Sessions that are over, with their refresh tokens: kept for thirty days, for whoever asks.
CREATE FUNCTION sweep_sessions() RETURNS bigint
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    WITH gone AS (DELETE FROM sessions WHERE expires_at < now() - interval '30 days' RETURNING 1)
    SELECT count(*) FROM gone
    $$;

GRANT CREATE ON SCHEMA public TO dynrag_definer;
ALTER FUNCTION admit_user(uuid, uuid, uuid, timestamptz, text) OWNER TO dynrag_definer;
ALTER FUNCTION sweep_sessions() OWNER TO dynrag_definer;
REVOKE CREATE ON SCHEMA public FROM dynrag_definer;
GRANT EXECUTE ON FUNCTION admit_user(uuid, uuid, uuid, timestamptz, text), sweep_sessions() TO dynrag_app;
