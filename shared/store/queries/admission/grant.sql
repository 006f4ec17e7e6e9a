-- $1 customer, $2 user, $3 session, $4 version of the secret that signed the token, $5 when it was issued, $6 the token's resource,
-- $7 the route's name, $8 its class
SELECT * FROM admit_grant($1, $2, $3, $4, $5, $6, $7, $8)
