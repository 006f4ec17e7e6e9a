-- $1 customer, $2 webhook, $3 id
SELECT id FROM webhook_deliveries WHERE customer_id = $1 AND webhook_id = $2 AND id = $3
