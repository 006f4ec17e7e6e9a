-- $1 most rows
SELECT customer_id, id, job FROM sweep_outbox($1)
