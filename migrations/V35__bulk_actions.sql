-- One action on many documents: a job of its own kind, and the documents that are still to be acted on.

ALTER TABLE jobs DROP CONSTRAINT jobs_kind_check;
ALTER TABLE jobs ADD CONSTRAINT jobs_kind_check CHECK (kind IN ('export', 'crawl', 'regenerate', 'bulk')) NOT VALID;

CREATE TABLE bulk_documents (
    customer_id uuid NOT NULL,
    job_id      uuid NOT NULL,
    -- Chosen by the request. It may be deleted by the time its turn comes.
    document_id uuid NOT NULL,
    -- Why the action failed; null while it is still to be done. A document that is done has no row any more.
    code        text CHECK (code ~ '^[a-z][a-z0-9_]{1,63}$'),
    PRIMARY KEY (customer_id, job_id, document_id),
    FOREIGN KEY (customer_id, job_id) REFERENCES jobs (customer_id, id) ON DELETE CASCADE
);
SELECT protect_tenant_table('bulk_documents');
CREATE INDEX bulk_documents_waiting ON bulk_documents (customer_id, job_id, document_id) WHERE code IS NULL;
