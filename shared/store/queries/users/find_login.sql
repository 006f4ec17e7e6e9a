-- $1 e-mail, folded
SELECT customer_id, user_id, password_hash, role FROM find_login($1)
