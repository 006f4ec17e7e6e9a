-- A customer with its configuration, first user, default key, secrets and index row.
-- $1 customer, $2 company name, $3 wrapped data key, $4 embedding model, $5 user, $6 email,
-- $7 password hash, $8 key, $9 key's public id, $10 key's secret hash, $11 scopes, $12 platform's budget in millionths of a
-- dollar, $13 whether the platform's key may be used at once
WITH customer AS (
    INSERT INTO customers (id, company_name, wrapped_data_key, platform_key_from)
    VALUES ($1, $2, $3, CASE WHEN $13 THEN now() END) RETURNING id
), config AS (
    INSERT INTO customer_config (customer_id, embedding_model, platform_budget_micro_usd) SELECT id, $4, $12 FROM customer
), owner AS (
    INSERT INTO users (customer_id, id, email, password_hash, role)
    SELECT id, $5, $6, $7, 'business' FROM customer RETURNING customer_id
), key AS (
    -- This key belongs to the customer, with no user behind it.
    INSERT INTO api_keys (customer_id, id, name, public_id, secret_hash, scopes, is_default)
    SELECT customer_id, $8, 'default', $9, $10, $11, true FROM owner
)
INSERT INTO index_versions (customer_id, table_name) SELECT id, 'chunks' FROM customer
