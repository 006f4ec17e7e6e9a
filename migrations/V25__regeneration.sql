-- Vectors of another model, built beside the present ones.

-- `building` is the table that takes the place of `chunks` once it holds all that is published.
ALTER TABLE index_versions DROP CONSTRAINT index_versions_table_name_check;
ALTER TABLE index_versions ADD CONSTRAINT index_versions_table_name_check
    CHECK (table_name IN ('chunks', 'building')) NOT VALID;

-- Work that must not be done by two at once has a lease.
ALTER TABLE jobs ADD COLUMN lease_token bigint NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN lease_expires_at timestamptz;

-- Tokens of a version's chunks, whatever was paid for them: what another model's vectors will cost.
ALTER TABLE document_versions ADD COLUMN chunk_tokens bigint CHECK (chunk_tokens >= 0);
