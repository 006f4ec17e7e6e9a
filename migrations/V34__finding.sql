-- Documents are found by what their owner knows. Times for a customer with 100,000 documents are in docs/PERFORMANCE.md.

-- What changed since: flows ask this again and again.
CREATE INDEX IF NOT EXISTS documents_updated ON documents (customer_id, updated_at DESC, id DESC) WHERE deleted_at IS NULL;
-- The name of a file, which need not be unique.
CREATE INDEX IF NOT EXISTS documents_file_name ON documents (customer_id, file_name)
    WHERE file_name IS NOT NULL AND deleted_at IS NULL;
