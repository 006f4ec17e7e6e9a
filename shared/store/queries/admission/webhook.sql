-- $1 customer, $2 webhook, $3 the route's name, $4 its class
SELECT * FROM admit_webhook($1, $2, $3, $4)
