-- What a caller of a customer is admitted with, after its credential was found: limits are taken, the request is counted, and
-- configuration, table versions, documents under removal and spending are returned. Deleted documents that can be undeleted
-- are left out: there may be thousands, and a search leaves them out itself.
SET LOCAL ROLE dynrag_definer;

CREATE OR REPLACE FUNCTION admit_customer(a admission, route text, class text, key_quota integer) RETURNS admission
    LANGUAGE plpgsql VOLATILE
    AS $$
DECLARE
    customer_status text;
    cfg  customer_config;
BEGIN
    SELECT status INTO customer_status FROM customers WHERE id = a.customer_id;
    SELECT * INTO cfg FROM customer_config WHERE customer_id = a.customer_id;
    IF customer_status = 'suspended' THEN
        a.verdict := 'suspended';
        RETURN a;
    ELSIF customer_status IS DISTINCT FROM 'active' OR cfg.customer_id IS NULL THEN
        a.verdict := 'unauthenticated';
        RETURN a;
    END IF;

    a := take_limits(a, cfg, class, key_quota);
    IF a.verdict = 'rate_limited' THEN
        RETURN a;
    END IF;

    INSERT INTO usage_metrics AS u (customer_id, day, operation, requests)
    VALUES (a.customer_id, (now() AT TIME ZONE 'UTC')::date, route, 1)
    ON CONFLICT (customer_id, day, operation) DO UPDATE SET requests = u.requests + 1;

    a.verdict := 'ok';
    a.config := config_of(cfg);
    SELECT jsonb_object_agg(table_name, lance_version) || jsonb_build_object('segments', jsonb_agg(segments) FILTER (WHERE table_name = 'chunks') -> 0)
        INTO a.index_versions
        FROM index_versions WHERE customer_id = a.customer_id;
    SELECT array_agg(id) INTO a.deleting
        FROM documents WHERE customer_id = a.customer_id AND deleted_at IS NOT NULL AND purge_at IS NULL;
    SELECT nano_usd, platform_nano_usd INTO a.spent_nano_usd, a.platform_spent_nano_usd
        FROM monthly_spend WHERE customer_id = a.customer_id AND month = this_month();
    a.paid_by := payer_of(a.customer_id);
    RETURN a;
END $$;

RESET ROLE;
