-- Many small documents at once: a queue of their own, one S3 object for many originals, and small texts
-- in Postgres, where they cost no request.

-- Which queue a document's jobs go through: what comes alone overtakes what comes in bulk.
ALTER TABLE documents ADD COLUMN lane text NOT NULL DEFAULT 'single' CHECK (lane IN ('single', 'bulk'));

-- Not null: object_id names a bundle, in which the original begins here.
ALTER TABLE document_versions ADD COLUMN bundle_offset bigint CHECK (bundle_offset >= 0);
CREATE INDEX document_versions_bundle ON document_versions (customer_id, object_id) WHERE bundle_offset IS NOT NULL;

-- The extracted text of a version, where it is small; a larger one lies in S3.
CREATE TABLE document_texts (
    customer_id uuid NOT NULL,
    document_id uuid NOT NULL,
    version     integer NOT NULL,
    -- zlib (RFC 1950) of the JSON that would lie in S3.
    extracted   bytea NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, document_id, version),
    FOREIGN KEY (customer_id, document_id, version)
        REFERENCES document_versions (customer_id, document_id, version) ON DELETE CASCADE
);
SELECT protect_tenant_table('document_texts');

-- As in V7, with the lane.
DROP FUNCTION sweep_documents(integer);
CREATE FUNCTION sweep_documents(most integer)
    RETURNS TABLE (customer_id uuid, id uuid, version integer, deleting boolean, lane text)
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    UPDATE documents d
    SET resend_at = now() + interval '14 minutes',
        status = CASE WHEN d.status = 'processing' AND d.deleted_at IS NULL THEN 'queued' ELSE d.status END,
        stage = CASE WHEN d.deleted_at IS NULL THEN NULL ELSE d.stage END,
        lease_expires_at = CASE WHEN d.deleted_at IS NULL THEN NULL ELSE d.lease_expires_at END
    FROM (SELECT q.customer_id, q.id FROM documents q
          WHERE q.resend_at <= now() AND (q.lease_expires_at IS NULL OR q.lease_expires_at <= now())
          ORDER BY q.resend_at LIMIT most FOR UPDATE SKIP LOCKED) due
    WHERE d.customer_id = due.customer_id AND d.id = due.id
    RETURNING d.customer_id, d.id, d.latest_version, d.deleted_at IS NOT NULL, d.lane
    $$;
GRANT CREATE ON SCHEMA public TO dynrag_definer;
ALTER FUNCTION sweep_documents(integer) OWNER TO dynrag_definer;
REVOKE CREATE ON SCHEMA public FROM dynrag_definer;
GRANT EXECUTE ON FUNCTION sweep_documents(integer) TO dynrag_app;
