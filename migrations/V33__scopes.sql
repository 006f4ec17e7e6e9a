-- Keys that are bound to collections, keys of those who left, and who added a document.

-- Of a key that is bound, api_key_collections says to what; of one that lost its last collection, nothing.
ALTER TABLE api_keys ADD COLUMN bound boolean NOT NULL DEFAULT false;
ALTER TABLE api_keys ADD CONSTRAINT api_keys_bound_scopes
    CHECK (NOT bound OR scopes <@ '{documents:read,documents:write,search,chat}') NOT VALID;
CREATE INDEX api_keys_maker ON api_keys (customer_id, created_by) WHERE revoked_at IS NULL;

CREATE TABLE api_key_collections (
    customer_id   uuid NOT NULL,
    api_key_id    uuid NOT NULL,
    collection_id uuid NOT NULL,
    PRIMARY KEY (customer_id, api_key_id, collection_id),
    FOREIGN KEY (customer_id, api_key_id) REFERENCES api_keys (customer_id, id) ON DELETE CASCADE,
    FOREIGN KEY (customer_id, collection_id) REFERENCES collections (customer_id, id) ON DELETE CASCADE
);
SELECT protect_tenant_table('api_key_collections');
CREATE INDEX api_key_collections_collection ON api_key_collections (customer_id, collection_id);

-- The user, key or webhook that added it; null for what the platform added, and for older documents.
ALTER TABLE documents ADD COLUMN added_by uuid;

-- The collections that this transaction is bound to; null where it is bound to none and sees all of its tenant.
CREATE FUNCTION current_collections() RETURNS uuid[]
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT nullif(current_setting('app.collections', true), '')::uuid[] $$;
-- Whether this transaction sees a document of its tenant.
CREATE FUNCTION sees_document(document uuid) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$ SELECT EXISTS (SELECT FROM documents WHERE customer_id = current_customer_id() AND id = document) $$;
-- Whether it sees a job.
CREATE FUNCTION sees_job(job uuid) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$ SELECT EXISTS (SELECT FROM jobs WHERE customer_id = current_customer_id() AND id = job) $$;
GRANT EXECUTE ON FUNCTION current_collections(), sees_document(uuid), sees_job(uuid) TO dynrag_app, dynrag_definer;

-- Narrows a table to what belongs to the transaction's collections, where it is bound to some. The setting is read
-- once for a statement, not for each row.
CREATE FUNCTION bind_to_collections(tbl regclass, condition text) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    EXECUTE format('CREATE POLICY bound ON %s AS RESTRICTIVE TO dynrag_app
                    USING ((SELECT current_collections() IS NULL) OR %2$s)
                    WITH CHECK ((SELECT current_collections() IS NULL) OR %2$s)', tbl, condition);
END $$;
SELECT bind_to_collections('documents', 'collection_id = ANY ((SELECT current_collections())::uuid[])'),
       bind_to_collections('collections', 'id = ANY ((SELECT current_collections())::uuid[])'),
       bind_to_collections('document_versions', 'sees_document(document_id)'),
       bind_to_collections('document_events', 'sees_document(document_id)'),
       bind_to_collections('document_texts', 'sees_document(document_id)'),
       bind_to_collections('document_passwords', 'sees_document(document_id)'),
       bind_to_collections('staged_embeddings', 'sees_document(document_id)'),
       -- Of jobs only crawls bring documents into one collection.
       bind_to_collections('jobs', $$kind = 'crawl' AND (progress ->> 'collectionId')::uuid
           = ANY ((SELECT current_collections())::uuid[])$$),
       bind_to_collections('crawl_pages', 'sees_job(job_id)');

CREATE POLICY definer ON api_key_collections FOR SELECT TO dynrag_definer USING (true);
GRANT SELECT ON api_key_collections TO dynrag_definer;
ALTER TYPE admission ADD ATTRIBUTE collections uuid[];

GRANT CREATE ON SCHEMA public TO dynrag_definer;
-- As admit_api_key in V11, with the collections of a key that is bound.
CREATE FUNCTION admit_key(key_public_id text, key_secret_hash bytea, route text, class text)
    RETURNS SETOF admission
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
DECLARE
    a admission;
    k api_keys;
BEGIN
    SELECT * INTO k FROM api_keys
        WHERE public_id = key_public_id AND secret_hash = key_secret_hash
          AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now());
    IF NOT FOUND THEN
        a.verdict := 'unauthenticated';
        RETURN NEXT a;
        RETURN;
    END IF;
    a.customer_id := k.customer_id;
    a.principal_id := k.id;
    a.platform_admin := false;
    a.scopes := k.scopes;
    a := admit_customer(a, route, class, k.requests_per_minute);
    IF k.bound THEN
        SELECT coalesce(array_agg(c.collection_id), '{}') INTO a.collections
            FROM api_key_collections c WHERE c.customer_id = k.customer_id AND c.api_key_id = k.id;
    END IF;
    -- Once a minute is precise enough, and spares the row a write per request.
    UPDATE api_keys SET last_used_at = now()
        WHERE customer_id = k.customer_id AND id = k.id
          AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute');
    RETURN NEXT a;
END $$;
ALTER FUNCTION admit_key(text, bytea, text, text) OWNER TO dynrag_definer;

-- For the functions of the release before, which would let a bound key see everything: it is refused there.
SET LOCAL ROLE dynrag_definer;
CREATE OR REPLACE FUNCTION admit_api_key(key_public_id text, key_secret_hash bytea, route text, class text)
    RETURNS SETOF admission
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
DECLARE
    a admission;
BEGIN
    IF EXISTS (SELECT FROM api_keys WHERE public_id = key_public_id AND bound) THEN
        a.verdict := 'unauthenticated';
        RETURN NEXT a;
        RETURN;
    END IF;
    RETURN QUERY SELECT * FROM admit_key(key_public_id, key_secret_hash, route, class);
END $$;

-- The key of a signup is the customer's and nobody's: it was made with its customer, in one transaction.
UPDATE api_keys k SET created_by = NULL FROM customers c
WHERE c.id = k.customer_id AND k.is_default AND k.created_at = c.created_at;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM dynrag_definer;
GRANT EXECUTE ON FUNCTION admit_key(text, bytea, text, text) TO dynrag_app;
