-- $1 most rows
SELECT customer_id FROM sweep_erasures($1)
