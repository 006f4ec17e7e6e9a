-- $1 and $2 the administrator, $3 customer
SELECT id, company_name, status, created_at, email, email_verified, users, config, own_embedding_key, documents,
       last_activity_at, spent_nano_usd
FROM admin_get_customer($1, $2, $3)
