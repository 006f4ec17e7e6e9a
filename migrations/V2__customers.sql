-- The tenant, its limits and its secrets.

CREATE TABLE customers (
    id               uuid PRIMARY KEY,
    company_name     text,
    status           text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended', 'deleted')),
    -- The customer's data key as KMS wrapped it (encryption context {customer_id}); null once erased.
    wrapped_data_key bytea,
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now(),
    CHECK (char_length(company_name) BETWEEN 1 AND 200)
);
SELECT protect_tenant_table('customers', 'id');
CREATE INDEX customers_list ON customers (created_at DESC, id DESC);
CREATE TRIGGER touch BEFORE UPDATE ON customers FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

CREATE TABLE customer_config (
    customer_id            uuid PRIMARY KEY REFERENCES customers ON DELETE CASCADE,
    requests_per_minute    integer NOT NULL DEFAULT 60 CHECK (requests_per_minute > 0),
    requests_per_day       integer NOT NULL DEFAULT 10000 CHECK (requests_per_day > 0),
    max_documents          integer NOT NULL DEFAULT 10000 CHECK (max_documents >= 0),
    max_file_bytes         bigint NOT NULL DEFAULT 52428800 CHECK (max_file_bytes > 0),
    allowed_types          text[] NOT NULL DEFAULT
        '{pdf,txt,html,md,docx,pptx,xlsx,csv,json,epub,eml,rtf,odt}',
    chunk_size             integer NOT NULL DEFAULT 1000 CHECK (chunk_size BETWEEN 100 AND 20000),
    chunk_overlap          integer NOT NULL DEFAULT 200 CHECK (chunk_overlap >= 0),
    chunk_unit             text NOT NULL DEFAULT 'characters' CHECK (chunk_unit IN ('characters', 'tokens')),
    chunk_strategy         text NOT NULL DEFAULT 'recursive' CHECK (chunk_strategy IN
        ('recursive', 'fixed', 'paragraph', 'markdown', 'semantic', 'parentChild')),
    embedding_model        text NOT NULL,
    monthly_budget_usd     numeric(12, 6) CHECK (monthly_budget_usd >= 0),
    budget_alert_percent   integer NOT NULL DEFAULT 80 CHECK (budget_alert_percent BETWEEN 1 AND 100),
    retention_days         integer NOT NULL DEFAULT 30 CHECK (retention_days >= 0),
    created_at             timestamptz NOT NULL DEFAULT now(),
    updated_at             timestamptz NOT NULL DEFAULT now(),
    CHECK (chunk_overlap < chunk_size)
);
SELECT protect_tenant_table('customer_config');
CREATE TRIGGER touch BEFORE UPDATE ON customer_config FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

-- AES-256-GCM under the customer's data key; AAD = customer_id|purpose|version.
CREATE TABLE customer_secrets (
    customer_id uuid NOT NULL REFERENCES customers ON DELETE CASCADE,
    purpose     text NOT NULL CHECK (purpose IN ('access_token', 'refresh_token', 'openai_key', 'webhook')),
    version     integer NOT NULL CHECK (version > 0),
    nonce       bytea NOT NULL CHECK (octet_length(nonce) = 12),
    ciphertext  bytea NOT NULL,
    -- A rotated secret still verifies until then; null for the current one.
    retires_at  timestamptz,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, purpose, version)
);
SELECT protect_tenant_table('customer_secrets');
CREATE TRIGGER touch BEFORE UPDATE ON customer_secrets FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
