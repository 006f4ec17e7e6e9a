-- $1 most rows
SELECT customer_id, id, kind FROM sweep_jobs($1)
