-- Admits a user by a verified access token, if its session, status and secret still stand.
SET LOCAL ROLE dynrag_definer;

CREATE OR REPLACE FUNCTION admit_user(tenant uuid, who uuid, session uuid, secret_version integer, issued_at timestamptz,
                           route text, class text) RETURNS SETOF admission
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
DECLARE
    a admission;
BEGIN
    SELECT u.customer_id, u.id, u.email, u.role, u.platform_admin
        INTO a.customer_id, a.principal_id, a.email, a.role, a.platform_admin
        FROM users u
        JOIN sessions s ON (s.customer_id, s.user_id) = (u.customer_id, u.id)
        JOIN customer_secrets k ON k.customer_id = u.customer_id AND k.purpose = 'access_token'
        WHERE u.customer_id = tenant AND u.id = who AND u.status = 'active' AND issued_at >= u.tokens_valid_from
          AND s.id = session AND s.ended_at IS NULL AND s.expires_at > now()
          AND k.version = secret_version AND (k.retires_at IS NULL OR k.retires_at > now());
    IF NOT FOUND THEN
        a.verdict := 'unauthenticated';
        RETURN NEXT a;
        RETURN;
    END IF;
    a := admit_customer(a, route, class, NULL);
    RETURN NEXT a;
END $$;

RESET ROLE;
