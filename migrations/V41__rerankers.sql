-- A customer's own reranker: an HTTP service that orders the candidates of its searches.

CREATE TABLE rerankers (
    customer_id uuid PRIMARY KEY REFERENCES customers ON DELETE CASCADE,
    url         text NOT NULL CHECK (char_length(url) BETWEEN 1 AND 2048),
    model       text NOT NULL CHECK (char_length(model) BETWEEN 1 AND 200),
    -- What the customer says that a thousand searches cost it. Null: not known, counted as nothing.
    nano_usd_per_thousand_searches bigint CHECK (nano_usd_per_thousand_searches BETWEEN 0 AND 1000000000000),
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now()
);
SELECT protect_tenant_table('rerankers');
CREATE TRIGGER touch BEFORE UPDATE ON rerankers FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

-- Its key is sealed as the others are. Every row there has a purpose of the old list.
ALTER TABLE customer_secrets DROP CONSTRAINT customer_secrets_purpose_check;
ALTER TABLE customer_secrets ADD CONSTRAINT customer_secrets_purpose_check
    CHECK (purpose IN ('access_token', 'refresh_token', 'openai_key', 'webhook', 'reranker_key')) NOT VALID;
