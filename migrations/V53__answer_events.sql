-- Events of answers. Only the caller who asked hears of one.

CREATE FUNCTION push_answer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO pushes (customer_id, connection_id, channel, subject, number)
    SELECT DISTINCT NEW.customer_id, c.id, 'chat', NEW.session_id, NEW.number::bigint
    FROM subscriptions s
    JOIN connections c ON (c.customer_id, c.id) = (s.customer_id, s.connection_id)
    LEFT JOIN sessions l ON (l.customer_id, l.id) = (c.customer_id, c.session_id)
    JOIN chat_sessions t ON t.customer_id = s.customer_id AND t.id = NEW.session_id
        AND (t.user_id = l.user_id OR t.api_key_id = c.api_key_id)
    WHERE s.customer_id = NEW.customer_id AND s.channel = 'chat'
      AND s.subject IN (NEW.session_id, '00000000-0000-0000-0000-000000000000')
      AND EXISTS (SELECT FROM customers WHERE id = NEW.customer_id AND status = 'active');
    RETURN NULL;
END $$;
GRANT EXECUTE ON FUNCTION push_answer() TO dynrag_app, dynrag_definer;
CREATE TRIGGER push AFTER INSERT ON chat_messages
    FOR EACH ROW WHEN (NEW.role = 'assistant') EXECUTE FUNCTION push_answer();
