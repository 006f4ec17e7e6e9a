-- $1 customer, $2 user, $3 session, $4 when the token was issued, $5 the route's name
SELECT * FROM admit_user($1, $2, $3, $4, $5)
