-- $1 and $2 the administrator, $3 SHA-256 of the token, $4 when it expires
SELECT add_signup_invitation($1, $2, $3, $4) AS added
