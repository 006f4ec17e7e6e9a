-- $1 and $2 the administrator, $3 customer, $4 first day, $5 last day
SELECT day, operation, requests, documents, chunks, tokens, nano_usd FROM admin_usage($1, $2, $3, $4, $5)
