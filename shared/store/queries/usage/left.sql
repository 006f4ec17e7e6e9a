-- The rest of the month's budgets, in billionths of a dollar; null if the customer has none. $1 customer
SELECT (c.monthly_budget_usd * 1000000000)::bigint - coalesce(m.nano_usd, 0) AS nano_usd,
       c.platform_budget_micro_usd * 1000 - coalesce(m.platform_nano_usd, 0) AS platform_nano_usd,
       payer_of($1) AS paid_by
FROM customer_config c
LEFT JOIN monthly_spend m ON m.customer_id = c.customer_id AND m.month = this_month()
WHERE c.customer_id = $1
