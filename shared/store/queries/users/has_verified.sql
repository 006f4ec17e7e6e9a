-- Whether somebody who is in charge has shown to read mail. $1 customer
SELECT EXISTS (SELECT 1 FROM users WHERE customer_id = $1 AND role = 'business' AND status = 'active'
               AND email_verified_at IS NOT NULL) AS verified
