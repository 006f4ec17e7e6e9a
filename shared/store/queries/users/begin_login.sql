-- $1 e-mail, folded, $2 address, $3 attempts per minute from an address
SELECT wait, customer_id, user_id, password_hash, role FROM begin_login($1, $2, $3)
