-- Whether a user with the role business has a verified address. $1 customer
SELECT EXISTS (SELECT 1 FROM users WHERE customer_id = $1 AND role = 'business' AND status = 'active'
               AND email_verified_at IS NOT NULL) AS verified
