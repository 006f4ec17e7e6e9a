-- Passwords of documents that want one, sealed under their customer's data key; gone with their document.

CREATE TABLE document_passwords (
    customer_id uuid NOT NULL,
    document_id uuid NOT NULL,
    nonce       bytea NOT NULL CHECK (octet_length(nonce) = 12),
    ciphertext  bytea NOT NULL CHECK (octet_length(ciphertext) BETWEEN 17 AND 143),
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, document_id),
    FOREIGN KEY (customer_id, document_id) REFERENCES documents (customer_id, id) ON DELETE CASCADE
);
SELECT protect_tenant_table('document_passwords');
CREATE TRIGGER touch BEFORE UPDATE ON document_passwords FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
