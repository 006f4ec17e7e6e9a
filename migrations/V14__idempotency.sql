-- Answers of requests that carry an Idempotency-Key, for a day: who repeats one gets the first answer.

CREATE TABLE idempotency_keys (
    customer_id      uuid NOT NULL REFERENCES customers ON DELETE CASCADE,
    principal_id     uuid NOT NULL,
    route            text NOT NULL CHECK (char_length(route) BETWEEN 1 AND 64),
    key              text NOT NULL CHECK (char_length(key) BETWEEN 1 AND 255),
    -- SHA-256 of what was asked: path, query and body.
    request_hash     bytea NOT NULL CHECK (octet_length(request_hash) = 32),
    -- Null while the first request is under way, which nobody begins anew before its lease is over.
    answer_status    smallint CHECK (answer_status BETWEEN 200 AND 299),
    -- Null too for an answer that carried a secret.
    answer           bytea,
    lease_expires_at timestamptz NOT NULL,
    created_at       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, principal_id, route, key),
    CHECK (answer IS NULL OR answer_status IS NOT NULL)
);
SELECT protect_tenant_table('idempotency_keys');
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);

CREATE POLICY definer ON idempotency_keys TO dynrag_definer USING (true) WITH CHECK (true);
GRANT SELECT, DELETE ON idempotency_keys TO dynrag_definer;
GRANT CREATE ON SCHEMA public TO dynrag_definer;

CREATE FUNCTION sweep_idempotency() RETURNS bigint
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    WITH gone AS (DELETE FROM idempotency_keys WHERE created_at < now() - interval '24 hours' RETURNING 1)
    SELECT count(*) FROM gone
    $$;

ALTER FUNCTION sweep_idempotency() OWNER TO dynrag_definer;
REVOKE CREATE ON SCHEMA public FROM dynrag_definer;
GRANT EXECUTE ON FUNCTION sweep_idempotency() TO dynrag_app;
