-- Conversations. Each belongs to the user or the key that began it; exports of the customer's data have all of them.

CREATE TABLE chat_sessions (
    customer_id  uuid NOT NULL REFERENCES customers ON DELETE CASCADE,
    id           uuid NOT NULL,
    user_id      uuid,
    api_key_id   uuid,
    title        text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 200),
    -- The number of the last message.
    messages     integer NOT NULL DEFAULT 0 CHECK (messages >= 0),
    created_at   timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, user_id) REFERENCES users (customer_id, id) ON DELETE CASCADE,
    FOREIGN KEY (customer_id, api_key_id) REFERENCES api_keys (customer_id, id) ON DELETE CASCADE,
    CHECK (num_nonnulls(user_id, api_key_id) = 1)
);
SELECT protect_tenant_table('chat_sessions');
CREATE INDEX chat_sessions_user ON chat_sessions (customer_id, user_id, last_used_at DESC, id DESC) WHERE user_id IS NOT NULL;
CREATE INDEX chat_sessions_api_key ON chat_sessions (customer_id, api_key_id, last_used_at DESC, id DESC)
    WHERE api_key_id IS NOT NULL;

CREATE TABLE chat_messages (
    customer_id uuid NOT NULL REFERENCES customers ON DELETE CASCADE,
    session_id  uuid NOT NULL,
    -- From 1; a question has an odd number, its answer the next.
    number      integer NOT NULL CHECK (number >= 1),
    role        text NOT NULL CHECK (role IN ('user', 'assistant')),
    content     text NOT NULL,
    -- Of an answer: its citations, sentences, sources, model and usage.
    answer      jsonb CHECK ((answer IS NOT NULL) = (role = 'assistant')),
    -- Of an answer: how many rows it has in chat_sources. A caller who does not see all of them does not see the answer.
    sources     integer NOT NULL DEFAULT 0 CHECK (sources >= 0),
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, session_id, number),
    FOREIGN KEY (customer_id, session_id) REFERENCES chat_sessions (customer_id, id) ON DELETE CASCADE
);
SELECT protect_tenant_table('chat_messages');

-- The versions whose text an answer may hold. What removes one withdraws the answer.
CREATE TABLE chat_sources (
    customer_id uuid NOT NULL REFERENCES customers ON DELETE CASCADE,
    session_id  uuid NOT NULL,
    number      integer NOT NULL,
    document_id uuid NOT NULL,
    version     integer NOT NULL CHECK (version >= 1),
    PRIMARY KEY (customer_id, session_id, number, document_id, version),
    FOREIGN KEY (customer_id, session_id, number) REFERENCES chat_messages (customer_id, session_id, number) ON DELETE CASCADE,
    FOREIGN KEY (customer_id, document_id) REFERENCES documents (customer_id, id) ON DELETE CASCADE
);
SELECT protect_tenant_table('chat_sources');
SELECT bind_to_collections('chat_sources', 'sees_document(document_id)');
CREATE INDEX chat_sources_document ON chat_sources (customer_id, document_id, version);

-- Ratings of answers.
CREATE TABLE chat_feedback (
    customer_id uuid NOT NULL REFERENCES customers ON DELETE CASCADE,
    session_id  uuid NOT NULL,
    number      integer NOT NULL,
    rating      text NOT NULL CHECK (rating IN ('up', 'down')),
    comment     text CHECK (char_length(comment) <= 2000),
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, session_id, number),
    FOREIGN KEY (customer_id, session_id, number) REFERENCES chat_messages (customer_id, session_id, number) ON DELETE CASCADE
);
SELECT protect_tenant_table('chat_feedback');
CREATE TRIGGER touch BEFORE UPDATE ON chat_feedback FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE INDEX chat_feedback_newest ON chat_feedback (customer_id, created_at DESC, session_id DESC, number DESC);
