-- $1 customer, $2 first day of the month
SELECT m.nano_usd, (c.monthly_budget_usd * 1000000000)::bigint AS budget
FROM monthly_spend m JOIN customer_config c ON c.customer_id = m.customer_id
WHERE m.customer_id = $1 AND m.month = $2
