-- Adds tokens and cost, in nano-USD, to the month of a customer, and the part that the platform paid.

CREATE OR REPLACE FUNCTION record_spend(tenant uuid, what text, used_tokens bigint, cost bigint, platform_cost bigint) RETURNS void
    LANGUAGE plpgsql VOLATILE
    AS $$
DECLARE
    spent bigint;
    budget numeric;
    percent integer;
BEGIN
    INSERT INTO usage_metrics AS u (customer_id, day, operation, requests, tokens, nano_usd)
    VALUES (tenant, (now() AT TIME ZONE 'UTC')::date, what, 1, used_tokens, cost)
    ON CONFLICT (customer_id, day, operation) DO UPDATE
        SET requests = u.requests + 1, tokens = u.tokens + excluded.tokens, nano_usd = u.nano_usd + excluded.nano_usd;
    INSERT INTO monthly_spend AS m (customer_id, month, nano_usd, platform_nano_usd)
    VALUES (tenant, this_month(), cost, platform_cost)
    ON CONFLICT (customer_id, month) DO UPDATE
        SET nano_usd = m.nano_usd + excluded.nano_usd,
            platform_nano_usd = m.platform_nano_usd + excluded.platform_nano_usd
    RETURNING nano_usd INTO spent;
    SELECT monthly_budget_usd, budget_alert_percent INTO budget, percent
        FROM customer_config WHERE customer_id = tenant;
    IF budget IS NOT NULL AND spent >= budget * 1000000000 * percent / 100 THEN
        UPDATE monthly_spend SET alerted_at = now()
            WHERE customer_id = tenant AND month = this_month() AND alerted_at IS NULL;
        IF FOUND THEN
            INSERT INTO outbox (customer_id, job, next_attempt_at) VALUES (tenant,
                jsonb_build_object('task', 'budgetAlert', 'v', 1, 'customerId', tenant, 'month', this_month()), now());
        END IF;
    END IF;
END $$;

-- As above, for a release that did not record who paid.
CREATE OR REPLACE FUNCTION record_spend(tenant uuid, what text, used_tokens bigint, cost bigint) RETURNS void
    LANGUAGE sql VOLATILE
    AS $$
    SELECT record_spend(tenant, what, used_tokens, cost, CASE payer_of(tenant) WHEN 'customer' THEN 0 ELSE cost END)
    $$;
