-- Chat models of customers: their keys at providers, and the order in which models are asked.

CREATE TABLE chat_providers (
    customer_id uuid NOT NULL REFERENCES customers ON DELETE CASCADE,
    name        text NOT NULL CHECK (name ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
    -- Name, context and prices of each.
    models      jsonb NOT NULL CHECK (jsonb_typeof(models) = 'array' AND jsonb_array_length(models) BETWEEN 1 AND 50),
    -- The key, sealed under the customer's data key; null for a server that needs none.
    nonce       bytea CHECK (octet_length(nonce) = 12),
    ciphertext  bytea CHECK (octet_length(ciphertext) BETWEEN 17 AND 1200),
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, name),
    CHECK ((nonce IS NULL) = (ciphertext IS NULL))
);
SELECT protect_tenant_table('chat_providers');
CREATE TRIGGER touch BEFORE UPDATE ON chat_providers FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

-- The models to ask, the first that answers; empty: none.
ALTER TABLE customer_config ADD COLUMN chat_models text[] NOT NULL DEFAULT '{}' CHECK (cardinality(chat_models) <= 10);

-- Of `tokens` those that the provider had cached, and those of an answer.
ALTER TABLE provider_calls ADD COLUMN cached_tokens bigint NOT NULL DEFAULT 0 CHECK (cached_tokens >= 0),
    ADD COLUMN output_tokens bigint NOT NULL DEFAULT 0 CHECK (output_tokens >= 0);
