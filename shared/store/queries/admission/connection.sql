-- $1 connection, $2 the route's name, $3 its class
SELECT * FROM admit_connection($1, $2, $3)
