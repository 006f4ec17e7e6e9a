-- No row: go ahead. $1 customer, $2 address, $3 most a day
SELECT refused, wait FROM take_invitation($1, $2, $3)
