-- Whether an address is a user's of the customer already. $1 customer, $2 e-mail, folded
SELECT EXISTS (SELECT FROM users WHERE customer_id = $1 AND email = $2) AS found
