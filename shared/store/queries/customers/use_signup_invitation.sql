-- $1 SHA-256 of the token
SELECT use_signup_invitation($1) AS used
