-- Admits an API key, found by its public part and compared by the hash of its secret part.
SET LOCAL ROLE dynrag_definer;

CREATE OR REPLACE FUNCTION admit_api_key(key_public_id text, key_secret_hash bytea, route text, class text)
    RETURNS SETOF admission
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
DECLARE
    a admission;
BEGIN
    IF EXISTS (SELECT FROM api_keys WHERE public_id = key_public_id AND bound) THEN
        a.verdict := 'unauthenticated';
        RETURN NEXT a;
        RETURN;
    END IF;
    RETURN QUERY SELECT * FROM admit_key(key_public_id, key_secret_hash, route, class);
END $$;

RESET ROLE;
