-- $1 customer, $2 first day, $3 last day
SELECT day, operation, requests, documents, chunks, tokens, nano_usd FROM usage_metrics
WHERE customer_id = $1 AND day BETWEEN $2 AND $3
ORDER BY day DESC, operation
