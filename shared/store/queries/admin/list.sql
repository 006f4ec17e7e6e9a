-- $1 and $2 the administrator, $3 status or null, $4 words or null, $5 and $6 position, $7 limit
SELECT id, company_name, status, created_at, email, users, documents, spent_nano_usd
FROM admin_list_customers($1, $2, $3, $4, $5, $6, $7)
