-- Every request to a provider of models.

-- What it was for and what it cost. Not bound to its document: what was paid for stays when that is deleted.
CREATE TABLE provider_calls (
    customer_id   uuid NOT NULL REFERENCES customers ON DELETE CASCADE,
    id            bigint GENERATED ALWAYS AS IDENTITY,
    at            timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- As in usage_metrics: 'embeddings', 'query-embeddings'.
    operation     text NOT NULL CHECK (char_length(operation) BETWEEN 1 AND 64),
    -- Null where it was for none, or for many.
    document_id   uuid,
    version       integer,
    job_id        uuid,
    stage         text CHECK (stage IN ('chunking', 'embedding', 'regenerating')),
    model         text NOT NULL,
    -- The how manyth request for the same texts it was, from 1.
    attempt       integer NOT NULL CHECK (attempt > 0),
    inputs        integer NOT NULL CHECK (inputs >= 0),
    -- 'ok', or why there was no answer.
    outcome       text NOT NULL CHECK (outcome ~ '^[a-z][a-z0-9_]{1,63}$'),
    -- As the provider reported them; 0 where it gave no answer.
    tokens        bigint NOT NULL CHECK (tokens >= 0),
    -- Which price list made the next column of the one before.
    price_version text NOT NULL,
    nano_usd      bigint NOT NULL CHECK (nano_usd >= 0),
    PRIMARY KEY (customer_id, id)
);
SELECT protect_tenant_table('provider_calls');
CREATE INDEX provider_calls_document ON provider_calls (customer_id, document_id) WHERE document_id IS NOT NULL;
CREATE INDEX provider_calls_age ON provider_calls (at);

GRANT CREATE ON SCHEMA public TO dynrag_definer;
CREATE POLICY definer ON provider_calls FOR SELECT TO dynrag_definer USING (true);
CREATE POLICY definer_old ON provider_calls FOR DELETE TO dynrag_definer USING (true);
GRANT SELECT, DELETE ON provider_calls TO dynrag_definer;

-- Calls older than two years: what an auditor may still ask for is younger.
CREATE FUNCTION sweep_provider_calls(most integer) RETURNS bigint
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    WITH old AS (
        SELECT customer_id, id FROM provider_calls WHERE at < now() - interval '2 years' ORDER BY at LIMIT most
    ), gone AS (
        DELETE FROM provider_calls c USING old WHERE (c.customer_id, c.id) = (old.customer_id, old.id) RETURNING 1
    )
    SELECT count(*) FROM gone
    $$;
ALTER FUNCTION sweep_provider_calls(integer) OWNER TO dynrag_definer;
REVOKE CREATE ON SCHEMA public FROM dynrag_definer;
GRANT EXECUTE ON FUNCTION sweep_provider_calls(integer) TO dynrag_app;
