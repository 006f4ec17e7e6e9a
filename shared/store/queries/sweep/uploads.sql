-- $1 most rows
SELECT customer_id, id, overdue FROM sweep_awaited($1)
