-- Webhooks of a customer: what starts an ingestion, and who is told of its end.

CREATE TABLE webhooks (
    customer_id    uuid NOT NULL REFERENCES customers ON DELETE CASCADE,
    id             uuid NOT NULL,
    name           text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    trigger_type   text NOT NULL CHECK (trigger_type IN ('manual', 'scheduled', 'event')),
    status         text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'paused', 'disabled')),
    url            text CHECK (char_length(url) <= 2048),
    schedule       text CHECK (char_length(schedule) <= 256),
    events         text[] NOT NULL DEFAULT '{}',
    -- Version of the customer_secrets row (purpose webhook) that signs.
    secret_version integer,
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, id),
    CHECK ((trigger_type = 'scheduled') = (schedule IS NOT NULL))
);
SELECT protect_tenant_table('webhooks');
CREATE INDEX webhooks_list ON webhooks (customer_id, created_at DESC, id DESC);
CREATE TRIGGER touch BEFORE UPDATE ON webhooks FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
