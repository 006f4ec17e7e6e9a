-- No row: it may be sent. $1 customer, $2 address, $3 maximum per day
SELECT refused, wait FROM take_invitation($1, $2, $3)
