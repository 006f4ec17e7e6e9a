-- Returns whether events of the customer wait for connections. $1 customer, $2 ids
WITH sent AS (DELETE FROM outbox WHERE customer_id = $1 AND id = ANY ($2))
SELECT EXISTS (SELECT FROM pushes WHERE customer_id = $1 AND resend_at <= now()) AS waiting
