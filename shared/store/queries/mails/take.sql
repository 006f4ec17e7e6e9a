-- $1 kind, $2 address, $3 maximum per hour, $4 maximum per day
SELECT take_mail($1, $2, $3, $4) AS wait
