-- $1 public id, $2 SHA-256 of the secret part, $3 the route's name, $4 its class
SELECT * FROM admit_key($1, $2, $3, $4)
