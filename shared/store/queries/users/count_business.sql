-- $1 customer
SELECT count(*) AS users FROM users WHERE customer_id = $1 AND role = 'business' AND status = 'active'
