-- How documents are read: what is read of them, what their reader has to say, and versions that were overtaken.

-- Whether what a document hides is read too: sheets, rows, columns, slides, text.
ALTER TABLE documents ADD COLUMN include_hidden boolean NOT NULL DEFAULT false;
-- What the reader left out or replaced: a list of {code, count, detail}.
ALTER TABLE document_versions ADD COLUMN warnings jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(warnings) = 'array');

-- Only the latest version is ever claimed. One that was still pending when the next came in has been overtaken.
CREATE FUNCTION overtake_versions() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    UPDATE document_versions SET status = 'superseded', superseded_at = now()
    WHERE customer_id = NEW.customer_id AND document_id = NEW.document_id AND version < NEW.version
      AND status = 'pending';
    RETURN NULL;
END $$;
GRANT EXECUTE ON FUNCTION overtake_versions() TO dynrag_app, dynrag_definer;
CREATE TRIGGER overtake AFTER INSERT ON document_versions
    FOR EACH ROW WHEN (NEW.version > 1) EXECUTE FUNCTION overtake_versions();

-- Names that look the same are the same: accents composed or apart, capital letters or small ones.
-- Those of before, under policies for these statements alone.
CREATE POLICY once ON document_versions TO dynrag_definer USING (true);
CREATE POLICY once ON collections TO dynrag_definer USING (true);
GRANT UPDATE ON document_versions TO dynrag_definer;
GRANT SELECT, UPDATE ON collections TO dynrag_definer;
SET LOCAL ROLE dynrag_definer;
UPDATE document_versions v SET status = 'superseded', superseded_at = now()
WHERE v.status = 'pending'
  AND EXISTS (SELECT FROM document_versions later
              WHERE later.customer_id = v.customer_id AND later.document_id = v.document_id
                AND later.version > v.version);
UPDATE collections c SET name = left(c.name, 90) || ' ' || right(c.id::text, 8)
WHERE EXISTS (SELECT FROM collections older
              WHERE older.customer_id = c.customer_id AND older.id < c.id
                AND lower(normalize(older.name, NFC)) = lower(normalize(c.name, NFC)));
RESET ROLE;
REVOKE UPDATE ON document_versions FROM dynrag_definer;
REVOKE SELECT, UPDATE ON collections FROM dynrag_definer;
DROP POLICY once ON document_versions;
DROP POLICY once ON collections;
DROP INDEX collections_name_key;
CREATE UNIQUE INDEX collections_name_key ON collections (customer_id, lower(normalize(name, NFC)));
