-- What is left of the month's budget; null where there is none. $1 customer
SELECT (c.monthly_budget_usd * 1000000000)::bigint - coalesce(m.nano_usd, 0) AS nano_usd
FROM customer_config c
LEFT JOIN monthly_spend m ON m.customer_id = c.customer_id AND m.month = this_month()
WHERE c.customer_id = $1
