-- $1 customer
SELECT count(*) AS webhooks FROM webhooks WHERE customer_id = $1
