-- A document's status and those of its steps that these events began, numbered as in timeline.sql.
-- $1 customer, $2 document, $3 events
SELECT d.status AS stands, d.code AS because, s.number, s.started_at, s.ended_at, s.version, s.status, s.stage, s.code,
       s.attempt
FROM documents d
LEFT JOIN LATERAL (
    SELECT * FROM (
        SELECT id, row_number() OVER steps AS number, at AS started_at, lead(at) OVER steps AS ended_at, version, status,
               stage, code, attempt
        FROM document_events e
        WHERE (e.customer_id, e.document_id) = (d.customer_id, d.id)
        WINDOW steps AS (ORDER BY e.id)
    ) numbered
    WHERE id = ANY ($3)
) s ON true
WHERE d.customer_id = $1 AND d.id = $2 AND d.deleted_at IS NULL
ORDER BY s.number
