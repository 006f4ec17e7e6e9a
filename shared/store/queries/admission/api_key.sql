-- $1 public id, $2 SHA-256 of the secret part, $3 the route's name
SELECT * FROM admit_api_key($1, $2, $3)
