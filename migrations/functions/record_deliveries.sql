-- Writes the notifications of a document that has ended, was deleted or undeleted. Of several webhooks with the same URL the
-- oldest is notified.

CREATE OR REPLACE FUNCTION record_deliveries() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    gone  boolean := NEW.deleted_at IS NOT NULL;
    ended text := CASE WHEN gone THEN 'deleted' ELSE NEW.status END;
BEGIN
    INSERT INTO webhook_deliveries (customer_id, id, webhook_id, event, document_id, payload)
    SELECT NEW.customer_id, gen_random_uuid(), w.id, 'document.' || ended, NEW.id,
           jsonb_build_object(
               'type', 'document.' || ended,
               'timestamp', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
               'data', jsonb_strip_nulls(jsonb_build_object(
                   'docId', NEW.id, 'version', NEW.latest_version, 'status', ended,
                   'code', CASE WHEN gone THEN NULL ELSE NEW.code END,
                   'title', NEW.title, 'externalId', NEW.external_id, 'sourceUrl', NEW.source_url,
                   'fileName', NEW.file_name, 'collectionId', NEW.collection_id))
               -- Beside what is stripped: a null within it is the customer's.
               || CASE NEW.metadata WHEN '{}' THEN '{}' ELSE jsonb_build_object('metadata', NEW.metadata) END)
    FROM (SELECT DISTINCT ON (h.url) h.id FROM webhooks h
          WHERE h.customer_id = NEW.customer_id AND h.trigger_type = 'event' AND h.status = 'active'
            AND 'document.' || ended = ANY (h.events)
          ORDER BY h.url, h.created_at, h.id) w
    -- What waits for a budget is tried by itself every hour, and is no news the second time.
    WHERE NOT (NEW.code IN ('budget_exceeded', 'platform_budget_exceeded') AND NOT gone AND EXISTS (
          SELECT 1 FROM webhook_deliveries d
          WHERE d.customer_id = NEW.customer_id AND d.document_id = NEW.id AND d.webhook_id = w.id
            AND d.payload -> 'data' ->> 'code' = NEW.code
            AND (d.payload -> 'data' ->> 'version')::integer = NEW.latest_version));
    RETURN NULL;
END $$;
