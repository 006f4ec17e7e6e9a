-- Another webhook with the same receiver. $1 customer, $2 address, $3 the webhook itself
SELECT name FROM webhooks WHERE customer_id = $1 AND trigger_type = 'event' AND url = $2 AND id <> $3 LIMIT 1
