-- Events of budgets.

CREATE FUNCTION push_budget_alert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM push_event(NEW.customer_id, 'usage', '00000000-0000-0000-0000-000000000000', NULL, NULL);
    RETURN NULL;
END $$;
GRANT EXECUTE ON FUNCTION push_budget_alert() TO dynrag_app, dynrag_definer;
CREATE TRIGGER push AFTER UPDATE ON monthly_spend
    FOR EACH ROW WHEN (OLD.alerted_at IS NULL AND NEW.alerted_at IS NOT NULL) EXECUTE FUNCTION push_budget_alert();
