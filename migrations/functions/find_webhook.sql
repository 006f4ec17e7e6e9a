-- A webhook that accepts documents, with what verifies its callers.
SET LOCAL ROLE dynrag_definer;

CREATE OR REPLACE FUNCTION find_webhook(wanted uuid)
    RETURNS TABLE (customer_id uuid, name text, token_hashes bytea[], wrapped_data_key bytea,
                   versions integer[], nonces bytea[], ciphertexts bytea[], collection_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    SELECT w.customer_id, w.name,
           array_remove(ARRAY[w.token_hash,
               CASE WHEN w.previous_until > now() THEN w.previous_token_hash END], NULL),
           c.wrapped_data_key,
           coalesce(array_agg(s.version ORDER BY s.version DESC) FILTER (WHERE s.version IS NOT NULL), '{}'),
           coalesce(array_agg(s.nonce ORDER BY s.version DESC) FILTER (WHERE s.version IS NOT NULL), '{}'),
           coalesce(array_agg(s.ciphertext ORDER BY s.version DESC) FILTER (WHERE s.version IS NOT NULL), '{}'),
           w.collection_id
    FROM webhooks w
    JOIN customers c ON c.id = w.customer_id AND c.status <> 'deleted' AND c.wrapped_data_key IS NOT NULL
    LEFT JOIN customer_secrets s ON s.customer_id = w.customer_id AND s.purpose = 'webhook'
        AND (s.version = w.secret_version OR s.version = w.previous_secret_version AND w.previous_until > now())
    WHERE w.id = wanted AND w.trigger_type = 'manual' AND w.status = 'active'
    GROUP BY w.customer_id, w.id, c.id
    $$;

RESET ROLE;
