-- Roles and the helpers every table uses.
--
-- dynrag_app      logs in for the functions. Owns nothing, bypasses nothing. `migrate` sets its password.
-- dynrag_definer  cannot log in. Owns the few SECURITY DEFINER functions that look across tenants; what
--                 each table shows it is written as a policy of that table.

DO $$
BEGIN
    CREATE ROLE dynrag_app NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;

DO $$
BEGIN
    CREATE ROLE dynrag_definer NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;

-- The owner hands functions over to dynrag_definer, for which it must be a member of that role.
DO $$
BEGIN
    -- Also where it made the role: from PostgreSQL 16 on that alone does not let it SET ROLE.
    EXECUTE format('GRANT dynrag_definer TO %I', current_user);
EXCEPTION WHEN unique_violation THEN NULL;
END $$;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO dynrag_app, dynrag_definer;

-- Functions are not for everybody unless granted.
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

-- The tenant of this transaction; null when none is set. After a transaction that used SET LOCAL the
-- setting reads '' and not null, hence nullif.
CREATE FUNCTION current_customer_id() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT nullif(current_setting('app.customer_id', true), '')::uuid $$;
GRANT EXECUTE ON FUNCTION current_customer_id() TO dynrag_app, dynrag_definer;

CREATE FUNCTION touch_updated_at() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END $$;
GRANT EXECUTE ON FUNCTION touch_updated_at() TO dynrag_app, dynrag_definer;

-- Puts a table under row-level security: the app sees the rows of its tenant and no others.
-- `key` is the column that holds the tenant.
CREATE FUNCTION protect_tenant_table(tbl regclass, key name DEFAULT 'customer_id') RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', tbl);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', tbl);
    EXECUTE format('CREATE POLICY tenant ON %s TO dynrag_app
                    USING (%2$I = current_customer_id()) WITH CHECK (%2$I = current_customer_id())', tbl, key);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO dynrag_app', tbl);
END $$;
