-- $1 e-mail, folded
SELECT customer_id, user_id FROM begin_reset($1)
