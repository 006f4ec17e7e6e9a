-- Streamed answers that are being made, and clients that wait for one whose connection broke. A row is removed at the end; those
-- of functions that died count for three minutes.

CREATE TABLE chat_streams (
    customer_id uuid NOT NULL REFERENCES customers ON DELETE CASCADE,
    id          uuid NOT NULL,
    -- The user or the key.
    asked_by    uuid NOT NULL,
    started_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, id)
);
SELECT protect_tenant_table('chat_streams');
