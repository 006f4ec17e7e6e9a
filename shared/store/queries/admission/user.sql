-- $1 customer, $2 user, $3 when the token was issued, $4 the route's name
SELECT * FROM admit_user($1, $2, $3, $4)
