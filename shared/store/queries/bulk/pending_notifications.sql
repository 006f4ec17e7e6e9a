-- Pending notifications of the customer, counted up to $2. $1 customer, $2 maximum
SELECT count(*) AS pending FROM (
    SELECT FROM webhook_deliveries WHERE customer_id = $1 AND resend_at IS NOT NULL LIMIT $2) AS waiting
