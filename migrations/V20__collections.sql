-- Collections: the knowledge bases of a customer. A document belongs to one, or to none.

CREATE TABLE collections (
    customer_id uuid NOT NULL REFERENCES customers ON DELETE CASCADE,
    id          uuid NOT NULL,
    name        text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    description text CHECK (char_length(description) BETWEEN 1 AND 1000),
    -- How documents are cut that say nothing themselves; null: as the customer's are.
    chunking    jsonb CHECK (jsonb_typeof(chunking) = 'object'),
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, id)
);
SELECT protect_tenant_table('collections');
CREATE UNIQUE INDEX collections_name_key ON collections (customer_id, lower(name));
CREATE INDEX collections_list ON collections (customer_id, created_at DESC, id DESC);
CREATE TRIGGER touch BEFORE UPDATE ON collections FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

ALTER TABLE documents ADD COLUMN collection_id uuid;
ALTER TABLE documents ADD CONSTRAINT documents_collection_fkey
    FOREIGN KEY (customer_id, collection_id) REFERENCES collections (customer_id, id)
    ON DELETE SET NULL (collection_id) NOT VALID;
-- Those under deletion too: the foreign key looks for them all.
CREATE INDEX documents_collection ON documents (customer_id, collection_id, created_at DESC, id DESC)
    WHERE collection_id IS NOT NULL;

-- Where what a manual one takes in and a scheduled one fetches belongs.
ALTER TABLE webhooks ADD COLUMN collection_id uuid;
ALTER TABLE webhooks ADD CONSTRAINT webhooks_collection_fkey
    FOREIGN KEY (customer_id, collection_id) REFERENCES collections (customer_id, id)
    ON DELETE SET NULL (collection_id) NOT VALID;
CREATE INDEX webhooks_collection ON webhooks (customer_id, collection_id) WHERE collection_id IS NOT NULL;

-- As in V19, with the collection.
GRANT CREATE ON SCHEMA public TO dynrag_definer;
DROP FUNCTION find_webhook(uuid);
CREATE FUNCTION find_webhook(wanted uuid)
    RETURNS TABLE (customer_id uuid, name text, token_hashes bytea[], wrapped_data_key bytea,
                   versions integer[], nonces bytea[], ciphertexts bytea[], collection_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    SELECT w.customer_id, w.name,
           array_remove(ARRAY[w.token_hash,
               CASE WHEN w.previous_until > now() THEN w.previous_token_hash END], NULL),
           c.wrapped_data_key,
           coalesce(array_agg(s.version ORDER BY s.version DESC) FILTER (WHERE s.version IS NOT NULL), '{}'),
           coalesce(array_agg(s.nonce ORDER BY s.version DESC) FILTER (WHERE s.version IS NOT NULL), '{}'),
           coalesce(array_agg(s.ciphertext ORDER BY s.version DESC) FILTER (WHERE s.version IS NOT NULL), '{}'),
           w.collection_id
    FROM webhooks w
    JOIN customers c ON c.id = w.customer_id AND c.status <> 'deleted' AND c.wrapped_data_key IS NOT NULL
    LEFT JOIN customer_secrets s ON s.customer_id = w.customer_id AND s.purpose = 'webhook'
        AND (s.version = w.secret_version OR s.version = w.previous_secret_version AND w.previous_until > now())
    WHERE w.id = wanted AND w.trigger_type = 'manual' AND w.status = 'active'
    GROUP BY w.customer_id, w.id, c.id
    $$;

DROP FUNCTION sweep_schedules(integer);
CREATE FUNCTION sweep_schedules(most integer)
    RETURNS TABLE (customer_id uuid, id uuid, name text, url text, schedule text, time_zone text,
                   planned timestamptz, leased timestamptz, collection_id uuid)
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    UPDATE webhooks w SET next_run_at = now() + interval '10 minutes'
    FROM (SELECT q.customer_id, q.id, q.next_run_at FROM webhooks q JOIN customers c ON c.id = q.customer_id
          WHERE q.next_run_at <= now() AND c.status = 'active'
          ORDER BY q.next_run_at LIMIT most FOR UPDATE OF q SKIP LOCKED) due
    WHERE w.customer_id = due.customer_id AND w.id = due.id
    RETURNING w.customer_id, w.id, w.name, w.url, w.schedule, w.time_zone, due.next_run_at, w.next_run_at,
        w.collection_id
    $$;
ALTER FUNCTION find_webhook(uuid) OWNER TO dynrag_definer;
ALTER FUNCTION sweep_schedules(integer) OWNER TO dynrag_definer;
REVOKE CREATE ON SCHEMA public FROM dynrag_definer;
GRANT EXECUTE ON FUNCTION find_webhook(uuid), sweep_schedules(integer) TO dynrag_app;
