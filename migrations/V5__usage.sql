-- What a customer used, and the counters its limits are held by.

CREATE TABLE usage_metrics (
    customer_id      uuid NOT NULL REFERENCES customers ON DELETE CASCADE,
    day              date NOT NULL,
    -- A route's name for requests (documents-get), 'embeddings' and 'query-embeddings' for calls of
    -- the provider, 'publish' for documents made searchable.
    operation        text NOT NULL CHECK (char_length(operation) BETWEEN 1 AND 64),
    requests         bigint NOT NULL DEFAULT 0 CHECK (requests >= 0),
    documents        bigint NOT NULL DEFAULT 0 CHECK (documents >= 0),
    chunks           bigint NOT NULL DEFAULT 0 CHECK (chunks >= 0),
    tokens           bigint NOT NULL DEFAULT 0 CHECK (tokens >= 0),
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, day, operation)
);
SELECT protect_tenant_table('usage_metrics');
CREATE TRIGGER touch BEFORE UPDATE ON usage_metrics FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

-- One row per subject and window length: a new window overwrites the old one's count.
CREATE TABLE rate_limit_tracker (
    customer_id  uuid NOT NULL REFERENCES customers ON DELETE CASCADE,
    -- 'customer', or 'key:<id>'.
    subject      text NOT NULL,
    window_kind  text NOT NULL CHECK (window_kind IN ('minute', 'day')),
    window_start timestamptz NOT NULL,
    count        integer NOT NULL CHECK (count >= 0),
    PRIMARY KEY (customer_id, subject, window_kind)
) WITH (fillfactor = 50);
SELECT protect_tenant_table('rate_limit_tracker');
