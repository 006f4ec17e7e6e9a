-- $1 customer, $2 purpose
SELECT coalesce(max(version), 0) AS version FROM customer_secrets WHERE customer_id = $1 AND purpose = $2
