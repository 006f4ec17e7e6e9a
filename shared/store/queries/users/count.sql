-- Users and invitations. $1 customer
SELECT (SELECT count(*) FROM users WHERE customer_id = $1)
     + (SELECT count(*) FROM invitations WHERE customer_id = $1 AND expires_at > now()) AS users
