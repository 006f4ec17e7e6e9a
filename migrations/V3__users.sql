-- Who may come in: users, API keys, refresh tokens.

CREATE TABLE users (
    customer_id       uuid NOT NULL REFERENCES customers ON DELETE CASCADE,
    id                uuid NOT NULL,
    -- Case-folded by the application. The one value that is unique across tenants: it is what a login starts from.
    email             text NOT NULL CONSTRAINT users_email_key UNIQUE CHECK (email = lower(email)),
    password_hash     text NOT NULL,
    role              text NOT NULL CHECK (role IN ('business', 'user')),
    status            text NOT NULL DEFAULT 'active' CHECK (status IN ('invited', 'active', 'disabled')),
    platform_admin    boolean NOT NULL DEFAULT false,
    -- Tokens issued before this moment no longer count.
    tokens_valid_from timestamptz NOT NULL DEFAULT '-infinity',
    email_verified_at timestamptz,
    last_login_at     timestamptz,
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, id)
);
SELECT protect_tenant_table('users');
CREATE INDEX users_list ON users (customer_id, created_at DESC, id DESC);
CREATE TRIGGER touch BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

CREATE TABLE api_keys (
    customer_id         uuid NOT NULL REFERENCES customers ON DELETE CASCADE,
    id                  uuid NOT NULL,
    name                text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    -- The part of drk_<public id>_<secret> by which the key is found; random, so its uniqueness reveals nothing.
    public_id           text NOT NULL CONSTRAINT api_keys_public_id_key UNIQUE,
    secret_hash         bytea NOT NULL CHECK (octet_length(secret_hash) = 32),
    scopes              text[] NOT NULL CHECK (scopes <@ '{documents:read,documents:write,search,chat,webhooks,metrics,admin:tenant}'),
    is_default          boolean NOT NULL DEFAULT false,
    requests_per_minute integer CHECK (requests_per_minute > 0),
    expires_at          timestamptz,
    revoked_at          timestamptz,
    last_used_at        timestamptz,
    created_by          uuid,
    created_at          timestamptz NOT NULL DEFAULT now(),
    updated_at          timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, created_by) REFERENCES users (customer_id, id) ON DELETE SET NULL (created_by)
);
SELECT protect_tenant_table('api_keys');
CREATE UNIQUE INDEX api_keys_default ON api_keys (customer_id) WHERE is_default AND revoked_at IS NULL;
CREATE INDEX api_keys_list ON api_keys (customer_id, created_at DESC, id DESC);
CREATE TRIGGER touch BEFORE UPDATE ON api_keys FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

CREATE TABLE refresh_tokens (
    customer_id uuid NOT NULL,
    id          uuid NOT NULL,
    user_id     uuid NOT NULL,
    -- All tokens that descend from one login; reuse of a spent one revokes the family.
    family_id   uuid NOT NULL,
    token_hash  bytea NOT NULL CHECK (octet_length(token_hash) = 32),
    expires_at  timestamptz NOT NULL,
    used_at     timestamptz,
    replaced_by uuid,
    revoked_at  timestamptz,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, user_id) REFERENCES users (customer_id, id) ON DELETE CASCADE
);
SELECT protect_tenant_table('refresh_tokens');
CREATE INDEX refresh_tokens_family ON refresh_tokens (customer_id, family_id);
CREATE INDEX refresh_tokens_user ON refresh_tokens (customer_id, user_id);
CREATE INDEX refresh_tokens_expiry ON refresh_tokens (expires_at);
CREATE TRIGGER touch BEFORE UPDATE ON refresh_tokens FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
