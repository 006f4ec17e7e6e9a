-- Documents, their versions, and what their ingestion leaves behind.

CREATE TABLE documents (
    customer_id       uuid NOT NULL REFERENCES customers ON DELETE CASCADE,
    id                uuid NOT NULL,
    title             text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 512),
    source            text NOT NULL CHECK (source IN ('api', 'file', 'presigned')),
    external_id       text CHECK (char_length(external_id) BETWEEN 1 AND 256),
    file_name         text CHECK (char_length(file_name) BETWEEN 1 AND 512),
    metadata          jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(metadata) = 'object'),
    status            text NOT NULL CHECK (status IN
        ('awaiting_upload', 'queued', 'processing', 'completed', 'failed', 'needs_action')),
    stage             text CHECK (stage IN ('extracting', 'chunking', 'embedding', 'storing')),
    -- Stable reason of failed and needs_action.
    code              text CHECK (code ~ '^[a-z][a-z0-9_]{1,63}$'),
    -- Newest version asked for, and the one searched now.
    latest_version    integer NOT NULL DEFAULT 1 CHECK (latest_version > 0),
    published_version integer CHECK (published_version BETWEEN 1 AND latest_version),
    -- Fencing token: grows with each claim, and is checked by every write of the claimant.
    lease_token       bigint NOT NULL DEFAULT 0,
    lease_expires_at  timestamptz,
    attempts          integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    -- When `sweep` sends the job again, unless something happens before.
    resend_at         timestamptz,
    upload_expires_at timestamptz,
    created_by        uuid,
    completed_at      timestamptz,
    deleted_at        timestamptz,
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, id),
    CHECK ((status = 'processing') = (stage IS NOT NULL)),
    CHECK ((status = 'processing') = (lease_expires_at IS NOT NULL)),
    CHECK ((status IN ('failed', 'needs_action')) = (code IS NOT NULL)),
    CHECK ((status = 'awaiting_upload') = (upload_expires_at IS NOT NULL)),
    CHECK (status <> 'completed' OR published_version IS NOT NULL)
);
SELECT protect_tenant_table('documents');
CREATE INDEX documents_list ON documents (customer_id, created_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX documents_status_list ON documents (customer_id, status, created_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX documents_external_id_key ON documents (customer_id, external_id) WHERE deleted_at IS NULL;
CREATE INDEX documents_deleting ON documents (customer_id, id) WHERE deleted_at IS NOT NULL;
-- What `sweep` looks for, across tenants.
CREATE INDEX documents_resend ON documents (resend_at) WHERE resend_at IS NOT NULL;
CREATE INDEX documents_upload_expiry ON documents (upload_expires_at) WHERE upload_expires_at IS NOT NULL;
CREATE TRIGGER touch BEFORE UPDATE ON documents FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

CREATE TABLE document_versions (
    customer_id     uuid NOT NULL,
    document_id     uuid NOT NULL,
    version         integer NOT NULL CHECK (version > 0),
    status          text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'published', 'superseded', 'failed')),
    -- Last part of the original's S3 key. Made anew by each request, so that two requests which race
    -- for the same version never overwrite each other's bytes.
    object_id       uuid NOT NULL,
    format          text NOT NULL CHECK (format IN ('pdf', 'html', 'md', 'txt')),
    bytes           bigint CHECK (bytes >= 0),
    -- SHA-256 of the original; null until the bytes have been seen.
    content_hash    bytea CHECK (octet_length(content_hash) = 32),
    pages           integer,
    characters      bigint,
    chunks          integer,
    tokens          bigint,
    engine          text,
    embedding_model text,
    published_at    timestamptz,
    superseded_at   timestamptz,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, document_id, version),
    FOREIGN KEY (customer_id, document_id) REFERENCES documents (customer_id, id) ON DELETE CASCADE
);
SELECT protect_tenant_table('document_versions');
-- One version of a document is searched, never two.
CREATE UNIQUE INDEX document_versions_published ON document_versions (customer_id, document_id) WHERE status = 'published';
CREATE INDEX document_versions_hash ON document_versions (customer_id, content_hash);
CREATE TRIGGER touch BEFORE UPDATE ON document_versions FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

-- The timeline of a document. Written by a trigger, so that it cannot disagree with the row.
CREATE TABLE document_events (
    customer_id uuid NOT NULL,
    document_id uuid NOT NULL,
    id          bigint GENERATED ALWAYS AS IDENTITY,
    at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    version     integer NOT NULL,
    status      text NOT NULL,
    stage       text,
    code        text,
    attempt     integer NOT NULL,
    PRIMARY KEY (customer_id, document_id, id),
    FOREIGN KEY (customer_id, document_id) REFERENCES documents (customer_id, id) ON DELETE CASCADE
);
SELECT protect_tenant_table('document_events');

CREATE FUNCTION record_document_event() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO document_events (customer_id, document_id, version, status, stage, code, attempt)
    VALUES (NEW.customer_id, NEW.id, NEW.latest_version, NEW.status, NEW.stage, NEW.code, NEW.attempts);
    RETURN NULL;
END $$;
GRANT EXECUTE ON FUNCTION record_document_event() TO dynrag_app, dynrag_definer;
CREATE TRIGGER record_created AFTER INSERT ON documents
    FOR EACH ROW EXECUTE FUNCTION record_document_event();
CREATE TRIGGER record_changed AFTER UPDATE ON documents
    FOR EACH ROW WHEN (
        (OLD.status, OLD.stage, OLD.latest_version, OLD.attempts)
        IS DISTINCT FROM (NEW.status, NEW.stage, NEW.latest_version, NEW.attempts))
    EXECUTE FUNCTION record_document_event();

-- Vectors that were paid for and are not yet in LanceDB. Gone with the publication.
CREATE TABLE staged_embeddings (
    customer_id     uuid NOT NULL,
    document_id     uuid NOT NULL,
    embedding_model text NOT NULL,
    -- SHA-256 of the text, hex.
    text_hash       text NOT NULL CHECK (text_hash ~ '^[0-9a-f]{64}$'),
    -- Little-endian float32.
    vector          bytea NOT NULL CHECK (octet_length(vector) > 0 AND octet_length(vector) % 4 = 0),
    created_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, document_id, embedding_model, text_hash),
    FOREIGN KEY (customer_id, document_id) REFERENCES documents (customer_id, id) ON DELETE CASCADE
);
SELECT protect_tenant_table('staged_embeddings');

-- Jobs that have not reached SQS for certain. Written with what they are about in one transaction,
-- deleted once SQS has taken them; `sweep` sends what stays.
CREATE TABLE outbox (
    customer_id     uuid NOT NULL REFERENCES customers ON DELETE CASCADE,
    id              bigint GENERATED ALWAYS AS IDENTITY,
    job             jsonb NOT NULL,
    attempts        integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL DEFAULT now() + interval '30 seconds',
    created_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, id)
);
SELECT protect_tenant_table('outbox');
CREATE INDEX outbox_due ON outbox (next_attempt_at);

-- The commit point of the vectors: readers check out exactly these LanceDB versions. The row of a
-- tenant's table is also the lock its writers hold.
CREATE TABLE index_versions (
    customer_id     uuid NOT NULL REFERENCES customers ON DELETE CASCADE,
    table_name      text NOT NULL CHECK (table_name IN ('chunks')),
    -- 0: nothing was ever published.
    lance_version   bigint NOT NULL DEFAULT 0 CHECK (lance_version >= 0),
    row_count       bigint NOT NULL DEFAULT 0 CHECK (row_count >= 0),
    embedding_model text,
    dimensions      integer CHECK (dimensions > 0),
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, table_name)
);
SELECT protect_tenant_table('index_versions');
CREATE TRIGGER touch BEFORE UPDATE ON index_versions FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
