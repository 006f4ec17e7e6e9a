-- $1 and $2 the administrator, $3 customer, $4 status
SELECT admin_set_status($1, $2, $3, $4) AS found
