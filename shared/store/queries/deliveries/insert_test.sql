-- A test of an active event webhook. Its message is sent at once, and by sweep if that fails.
-- $1 customer, $2 id, $3 webhook
INSERT INTO webhook_deliveries (customer_id, id, webhook_id, event, payload, resend_at)
SELECT $1, $2, w.id, 'webhook.test',
       jsonb_build_object(
           'type', 'webhook.test',
           'timestamp', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
           'data', jsonb_build_object('webhookId', w.id, 'name', w.name)),
       now() + interval '30 seconds'
FROM webhooks w
WHERE w.customer_id = $1 AND w.id = $3 AND w.trigger_type = 'event' AND w.status = 'active'
RETURNING id
