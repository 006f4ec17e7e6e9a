-- $1 customer, $2 document
SELECT at, version, status, stage, code, attempt
FROM document_events
WHERE customer_id = $1 AND document_id = $2
ORDER BY id DESC
LIMIT 200
