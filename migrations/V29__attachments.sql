-- Attachments of mails as documents of their own.

-- Whether the attachments of a mail become documents.
ALTER TABLE documents ADD COLUMN attachments boolean NOT NULL DEFAULT false;
-- The mail a document was attached to; it is deleted with that mail.
ALTER TABLE documents ADD COLUMN attached_to uuid;
ALTER TABLE documents ADD CONSTRAINT documents_attached_to_fkey FOREIGN KEY (customer_id, attached_to)
    REFERENCES documents (customer_id, id) ON DELETE SET NULL (attached_to) NOT VALID;
CREATE INDEX IF NOT EXISTS documents_attached_to ON documents (customer_id, attached_to) WHERE attached_to IS NOT NULL;

ALTER TABLE documents DROP CONSTRAINT documents_source_check;
ALTER TABLE documents ADD CONSTRAINT documents_source_check
    CHECK (source IN ('api', 'file', 'presigned', 'url', 'webhook', 'attachment')) NOT VALID;
