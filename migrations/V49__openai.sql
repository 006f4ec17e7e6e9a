-- The OpenAI-compatible API. A vector store is a collection, a file a document, a stored response an answer of a conversation:
-- here is only what these do not have.

-- Up to 16 texts by name, of a vector store.
ALTER TABLE collections ADD COLUMN metadata jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(metadata) = 'object');

-- Stored responses.
CREATE TABLE responses (
    customer_id uuid NOT NULL REFERENCES customers ON DELETE CASCADE,
    -- That of the answer.
    id          uuid NOT NULL,
    session_id  uuid NOT NULL,
    number      integer NOT NULL,
    -- The response that it continues; it may have been deleted since.
    previous_id uuid,
    -- What of the request the response repeats.
    request     jsonb NOT NULL CHECK (jsonb_typeof(request) = 'object'),
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, session_id, number) REFERENCES chat_messages (customer_id, session_id, number) ON DELETE CASCADE
);
SELECT protect_tenant_table('responses');
CREATE INDEX responses_message ON responses (customer_id, session_id, number);

-- Files that were put into a vector store together.
CREATE TABLE file_batches (
    customer_id   uuid NOT NULL REFERENCES customers ON DELETE CASCADE,
    id            uuid NOT NULL,
    collection_id uuid NOT NULL,
    document_ids  uuid[] NOT NULL CHECK (cardinality(document_ids) BETWEEN 1 AND 500),
    created_at    timestamptz NOT NULL DEFAULT now(),
    cancelled_at  timestamptz,
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, collection_id) REFERENCES collections (customer_id, id) ON DELETE CASCADE
);
SELECT protect_tenant_table('file_batches');
SELECT bind_to_collections('file_batches', 'collection_id = ANY ((SELECT current_collections())::uuid[])');
CREATE INDEX file_batches_collection ON file_batches (customer_id, collection_id);

-- Files that are sent in parts. The document awaits its upload meanwhile.
CREATE TABLE part_uploads (
    customer_id uuid NOT NULL REFERENCES customers ON DELETE CASCADE,
    document_id uuid NOT NULL,
    -- Of the whole file.
    bytes       bigint NOT NULL CHECK (bytes > 0),
    PRIMARY KEY (customer_id, document_id),
    FOREIGN KEY (customer_id, document_id) REFERENCES documents (customer_id, id) ON DELETE CASCADE
);
SELECT protect_tenant_table('part_uploads');
SELECT bind_to_collections('part_uploads', 'sees_document(document_id)');

CREATE TABLE upload_parts (
    customer_id uuid NOT NULL REFERENCES customers ON DELETE CASCADE,
    document_id uuid NOT NULL,
    id          uuid NOT NULL,
    bytes       bigint NOT NULL CHECK (bytes > 0),
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, document_id, id),
    FOREIGN KEY (customer_id, document_id) REFERENCES documents (customer_id, id) ON DELETE CASCADE,
    FOREIGN KEY (customer_id, document_id) REFERENCES part_uploads (customer_id, document_id) ON DELETE CASCADE
);
SELECT protect_tenant_table('upload_parts');
SELECT bind_to_collections('upload_parts', 'sees_document(document_id)');
