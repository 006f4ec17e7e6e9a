-- Events of jobs.

CREATE FUNCTION push_job() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM push_event(NEW.customer_id, 'jobs', NEW.id, NULL, NULL);
    RETURN NULL;
END $$;
GRANT EXECUTE ON FUNCTION push_job() TO dynrag_app, dynrag_definer;
CREATE TRIGGER push_new AFTER INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION push_job();
CREATE TRIGGER push_changed AFTER UPDATE ON jobs
    FOR EACH ROW WHEN (OLD.status <> NEW.status OR OLD.progress <> NEW.progress) EXECUTE FUNCTION push_job();
