-- $1 customer
SELECT email FROM users WHERE customer_id = $1 AND role = 'business' AND status = 'active' ORDER BY created_at
