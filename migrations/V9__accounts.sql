-- What reaches a person by mail, invitations, and what holds back guessing.

-- A user exists once it has a password. Until then there is an invitation.
ALTER TABLE users DROP CONSTRAINT users_status_check;
ALTER TABLE users ADD CONSTRAINT users_status_check CHECK (status IN ('active', 'disabled'));

ALTER TABLE sessions DROP CONSTRAINT sessions_end_reason_check;
ALTER TABLE sessions ADD CONSTRAINT sessions_end_reason_check CHECK (end_reason IN
    ('logout', 'password_changed', 'password_reset', 'token_reused', 'user_disabled'));

-- At most one per customer and address. Nothing says whether the address has an account elsewhere:
-- that is found out by whoever accepts, and can read that mailbox.
CREATE TABLE invitations (
    customer_id uuid NOT NULL REFERENCES customers ON DELETE CASCADE,
    id          uuid NOT NULL,
    email       text NOT NULL CHECK (email = lower(email)),
    role        text NOT NULL CHECK (role IN ('business', 'user')),
    invited_by  uuid,
    expires_at  timestamptz NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, id),
    CONSTRAINT invitations_email_key UNIQUE (customer_id, email),
    FOREIGN KEY (customer_id, invited_by) REFERENCES users (customer_id, id) ON DELETE SET NULL (invited_by)
);
SELECT protect_tenant_table('invitations');
CREATE INDEX invitations_expiry ON invitations (expires_at);
CREATE TRIGGER touch BEFORE UPDATE ON invitations FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

-- The tokens of links in mails. Only hashes; a token is deleted as it is used.
CREATE TABLE mail_tokens (
    customer_id   uuid NOT NULL,
    id            uuid NOT NULL,
    purpose       text NOT NULL CHECK (purpose IN ('verify_email', 'reset_password', 'invitation')),
    user_id       uuid,
    invitation_id uuid,
    token_hash    bytea NOT NULL CHECK (octet_length(token_hash) = 32),
    expires_at    timestamptz NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, user_id) REFERENCES users (customer_id, id) ON DELETE CASCADE,
    FOREIGN KEY (customer_id, invitation_id) REFERENCES invitations (customer_id, id) ON DELETE CASCADE,
    CHECK (CASE purpose WHEN 'invitation' THEN invitation_id IS NOT NULL AND user_id IS NULL
                        ELSE user_id IS NOT NULL AND invitation_id IS NULL END)
);
SELECT protect_tenant_table('mail_tokens');
CREATE INDEX mail_tokens_user ON mail_tokens (customer_id, user_id);
CREATE INDEX mail_tokens_invitation ON mail_tokens (customer_id, invitation_id);
CREATE INDEX mail_tokens_expiry ON mail_tokens (expires_at);

-- Where a user has logged in from: there a stranger's guesses do not keep it out.
CREATE TABLE known_addresses (
    customer_id  uuid NOT NULL,
    user_id      uuid NOT NULL,
    -- SHA-256 of the user's id and the network address.
    address_hash bytea NOT NULL CHECK (octet_length(address_hash) = 32),
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, user_id, address_hash),
    FOREIGN KEY (customer_id, user_id) REFERENCES users (customer_id, id) ON DELETE CASCADE
);
SELECT protect_tenant_table('known_addresses');
CREATE INDEX known_addresses_age ON known_addresses (last_seen_at);

-- Attempts of those who have not said who they are. Of no tenant, and by hashes only.
CREATE TABLE throttles (
    subject    bytea PRIMARY KEY CHECK (octet_length(subject) = 32),
    window_end timestamptz NOT NULL,
    attempts   integer NOT NULL CHECK (attempts >= 0)
) WITH (fillfactor = 50);
CREATE INDEX throttles_end ON throttles (window_end);
ALTER TABLE throttles ENABLE ROW LEVEL SECURITY;
ALTER TABLE throttles FORCE ROW LEVEL SECURITY;

-- Whoever may sign up while signup is for the invited.
CREATE TABLE signup_invitations (
    token_hash bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE signup_invitations ENABLE ROW LEVEL SECURITY;
ALTER TABLE signup_invitations FORCE ROW LEVEL SECURITY;

GRANT CREATE ON SCHEMA public TO dynrag_definer;

CREATE POLICY definer ON invitations TO dynrag_definer USING (true) WITH CHECK (true);
CREATE POLICY definer ON mail_tokens TO dynrag_definer USING (true) WITH CHECK (true);
CREATE POLICY definer ON known_addresses TO dynrag_definer USING (true) WITH CHECK (true);
CREATE POLICY definer ON throttles TO dynrag_definer USING (true) WITH CHECK (true);
CREATE POLICY definer ON signup_invitations TO dynrag_definer USING (true) WITH CHECK (true);
GRANT SELECT, DELETE ON invitations, mail_tokens, known_addresses TO dynrag_definer;
GRANT SELECT, INSERT, UPDATE, DELETE ON throttles TO dynrag_definer;
GRANT SELECT, INSERT, DELETE ON signup_invitations TO dynrag_definer;

-- Takes one attempt. Null: go ahead; otherwise the seconds to wait.
CREATE FUNCTION take_attempt(what bytea, quota integer, span interval) RETURNS integer
    LANGUAGE sql VOLATILE
    AS $$
    INSERT INTO throttles AS t (subject, window_end, attempts) VALUES (what, now() + span, 1)
    ON CONFLICT (subject) DO UPDATE SET
        attempts = CASE WHEN t.window_end <= now() THEN 1 ELSE least(t.attempts, 1000000) + 1 END,
        window_end = CASE WHEN t.window_end <= now() THEN excluded.window_end ELSE t.window_end END
    RETURNING CASE WHEN attempts > quota
        THEN greatest(1, ceil(extract(epoch FROM window_end - now())))::integer END
    $$;

CREATE FUNCTION throttle_subject(kind text, subject bytea) RETURNS bytea
    LANGUAGE sql IMMUTABLE
    AS $$ SELECT sha256(convert_to(kind || '|', 'UTF8') || subject) $$;

-- An attempt of somebody on a route: `quota` a minute, and five times that an hour.
CREATE FUNCTION admit_attempt(route text, who bytea, quota integer) RETURNS integer
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
DECLARE
    wait integer := take_attempt(throttle_subject(route || '|minute', who), quota, '1 minute');
BEGIN
    IF wait IS NULL THEN
        wait := take_attempt(throttle_subject(route || '|hour', who), least(quota, 100000000) * 5, '1 hour');
    END IF;
    RETURN wait;
END $$;

-- What a login needs before anybody is known, if an attempt is left: of the address, and then of the
-- account. Strangers share twenty a minute; an address at which the user has logged in before has ten
-- of its own, so that no stranger's guesses keep the user out. An unknown account is treated alike.
CREATE FUNCTION begin_login(login_email text, address bytea, address_quota integer)
    RETURNS TABLE (wait integer, customer_id uuid, user_id uuid, password_hash text, role text)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
DECLARE
    account bytea := convert_to(login_email, 'UTF8');
BEGIN
    wait := admit_attempt('auth-login', address, address_quota);
    IF wait IS NULL THEN
        SELECT u.customer_id, u.id, u.password_hash, u.role
            INTO customer_id, user_id, password_hash, role
            FROM users u JOIN customers c ON c.id = u.customer_id
            WHERE u.email = login_email AND u.status = 'active' AND c.status <> 'deleted';
        IF EXISTS (SELECT 1 FROM known_addresses k
                   WHERE k.customer_id = begin_login.customer_id AND k.user_id = begin_login.user_id
                     AND k.address_hash = sha256(uuid_send(begin_login.user_id) || address)) THEN
            wait := take_attempt(throttle_subject('login|known', account || address), 10, '1 minute');
        ELSE
            wait := take_attempt(throttle_subject('login|stranger', account), 20, '1 minute');
        END IF;
    END IF;
    IF wait IS NOT NULL THEN
        customer_id := NULL;
        user_id := NULL;
        password_hash := NULL;
        role := NULL;
    END IF;
    RETURN NEXT;
END $$;

-- Gives an attempt back whose password was right, and remembers the address. In the tenant's transaction.
CREATE FUNCTION end_login(login_email text, address bytea) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    UPDATE throttles SET attempts = attempts - 1
    WHERE attempts > 0 AND subject IN (
        throttle_subject('auth-login|minute', address), throttle_subject('auth-login|hour', address),
        throttle_subject('login|known', convert_to(login_email, 'UTF8') || address),
        throttle_subject('login|stranger', convert_to(login_email, 'UTF8')))
    $$;

-- The user who forgot a password, up to three times an hour; found by the mail's writer, not by who asked.
CREATE FUNCTION begin_reset(login_email text) RETURNS TABLE (customer_id uuid, user_id uuid)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
BEGIN
    SELECT u.customer_id, u.id INTO customer_id, user_id
        FROM users u JOIN customers c ON c.id = u.customer_id
        WHERE u.email = login_email AND u.status = 'active' AND c.status = 'active';
    IF FOUND AND take_attempt(throttle_subject('reset', convert_to(login_email, 'UTF8')), 3, '1 hour') IS NULL THEN
        RETURN NEXT;
    END IF;
END $$;

CREATE FUNCTION add_signup_invitation(actor_customer uuid, actor uuid, hash bytea, expires timestamptz) RETURNS boolean
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    WITH added AS (
        INSERT INTO signup_invitations (token_hash, expires_at)
        SELECT hash, expires FROM users u
        WHERE u.customer_id = actor_customer AND u.id = actor AND u.platform_admin AND u.status = 'active'
        RETURNING 1
    )
    SELECT EXISTS (SELECT 1 FROM added)
    $$;

-- In the transaction of the signup it allows.
CREATE FUNCTION use_signup_invitation(hash bytea) RETURNS boolean
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    WITH used AS (DELETE FROM signup_invitations WHERE token_hash = hash AND expires_at > now() RETURNING 1)
    SELECT EXISTS (SELECT 1 FROM used)
    $$;

-- What is over: windows, links, invitations, addresses not seen for ninety days.
CREATE FUNCTION sweep_accounts() RETURNS bigint
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    WITH t AS (DELETE FROM throttles WHERE window_end < now() - interval '1 minute' RETURNING 1),
         m AS (DELETE FROM mail_tokens WHERE expires_at < now() RETURNING 1),
         i AS (DELETE FROM invitations WHERE expires_at < now() - interval '30 days' RETURNING 1),
         s AS (DELETE FROM signup_invitations WHERE expires_at < now() RETURNING 1),
         k AS (DELETE FROM known_addresses WHERE last_seen_at < now() - interval '90 days' RETURNING 1)
    SELECT (SELECT count(*) FROM t) + (SELECT count(*) FROM m) + (SELECT count(*) FROM i)
         + (SELECT count(*) FROM s) + (SELECT count(*) FROM k)
    $$;

ALTER FUNCTION take_attempt(bytea, integer, interval) OWNER TO dynrag_definer;
ALTER FUNCTION throttle_subject(text, bytea) OWNER TO dynrag_definer;
ALTER FUNCTION admit_attempt(text, bytea, integer) OWNER TO dynrag_definer;
ALTER FUNCTION begin_login(text, bytea, integer) OWNER TO dynrag_definer;
ALTER FUNCTION end_login(text, bytea) OWNER TO dynrag_definer;
ALTER FUNCTION begin_reset(text) OWNER TO dynrag_definer;
ALTER FUNCTION add_signup_invitation(uuid, uuid, bytea, timestamptz) OWNER TO dynrag_definer;
ALTER FUNCTION use_signup_invitation(bytea) OWNER TO dynrag_definer;
ALTER FUNCTION sweep_accounts() OWNER TO dynrag_definer;
REVOKE CREATE ON SCHEMA public FROM dynrag_definer;

GRANT EXECUTE ON FUNCTION
    admit_attempt(text, bytea, integer),
    begin_login(text, bytea, integer),
    end_login(text, bytea),
    begin_reset(text),
    add_signup_invitation(uuid, uuid, bytea, timestamptz),
    use_signup_invitation(bytea),
    sweep_accounts()
    TO dynrag_app;
