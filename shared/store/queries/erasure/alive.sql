-- Whether somebody may still be writing for the customer. $1 customer
SELECT EXISTS (SELECT 1 FROM documents WHERE customer_id = $1 AND lease_expires_at > now()) AS alive
FROM customers WHERE id = $1 AND status = 'deleted'
