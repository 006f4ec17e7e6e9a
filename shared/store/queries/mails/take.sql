-- $1 kind, $2 address, $3 most an hour, $4 most a day
SELECT take_mail($1, $2, $3, $4) AS wait
