-- $1 route, $2 who, $3 attempts per minute
SELECT admit_attempt($1, $2, $3) AS wait
