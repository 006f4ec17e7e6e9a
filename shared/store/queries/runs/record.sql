-- A run that has started, or could not start: requested runs that are waiting become it, otherwise it is a new one.
-- $1 customer, $2 webhook, $3 id, $4 scheduled time, $5 status, $6 code or null, $7 document or null, $8 version or
-- null
-- If the document has ended already, its end no longer updates the run, so its status is read here; one that ends now
-- waits for this transaction and updates the run.
WITH ended AS (
    SELECT d.status, d.code FROM documents d
    WHERE d.customer_id = $1 AND d.id = $7 AND d.latest_version = $8
    FOR SHARE
), run AS (
    SELECT coalesce(e.status, $5) AS status, CASE WHEN e.status IS NULL THEN $6 ELSE e.code END AS code
    FROM (VALUES (1)) one
    LEFT JOIN ended e ON e.status IN ('completed', 'failed', 'needs_action')
), taken AS (
    UPDATE webhook_runs r SET started_at = now(), status = run.status, code = run.code, document_id = $7, version = $8
    FROM run
    WHERE r.customer_id = $1 AND r.webhook_id = $2 AND r.status = 'planned'
    RETURNING r.id
)
INSERT INTO webhook_runs (customer_id, id, webhook_id, planned_at, started_at, status, code, document_id, version)
SELECT $1, $3, $2, $4, now(), run.status, run.code, $7, $8
FROM run
WHERE NOT EXISTS (SELECT FROM taken)
  AND EXISTS (SELECT FROM webhooks w WHERE w.customer_id = $1 AND w.id = $2)
