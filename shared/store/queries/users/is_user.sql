-- Whether a user of the customer has the address already. $1 customer, $2 e-mail, folded
SELECT EXISTS (SELECT FROM users WHERE customer_id = $1 AND email = $2) AS found
