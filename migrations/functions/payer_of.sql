-- Whose key pays for embeddings: 'customer' or 'platform'. Null until a user of the customer has verified an address, whether
-- or not it has a key of its own: a key that was never used proves nothing.

CREATE OR REPLACE FUNCTION payer_of(tenant uuid) RETURNS text
    LANGUAGE sql STABLE
    AS $$
    SELECT CASE
        WHEN platform_key_from IS NULL OR platform_key_from > now() THEN NULL
        WHEN EXISTS (SELECT 1 FROM customer_secrets WHERE customer_id = tenant AND purpose = 'openai_key') THEN 'customer'
        ELSE 'platform' END
    FROM customers WHERE id = tenant
    $$;
