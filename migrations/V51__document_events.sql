-- Events of documents. Their tables are locked in the order in which writers do: first the document, then its steps. Each
-- migration from here to V54 locks the tables of one subject.

CREATE FUNCTION push_document_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM push_event(NEW.customer_id, 'documents', NEW.id, NULL, NEW.collection_id);
    RETURN NULL;
END $$;
CREATE FUNCTION push_document_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM push_event(NEW.customer_id, 'documents', NEW.document_id, NEW.id, NULL);
    RETURN NULL;
END $$;
GRANT EXECUTE ON FUNCTION push_document_deleted(), push_document_step() TO dynrag_app, dynrag_definer;
CREATE TRIGGER push_deleted AFTER UPDATE ON documents
    FOR EACH ROW WHEN (OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL) EXECUTE FUNCTION push_document_deleted();
CREATE TRIGGER push AFTER INSERT ON document_events FOR EACH ROW EXECUTE FUNCTION push_document_step();
