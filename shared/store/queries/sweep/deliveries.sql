-- $1 most rows
SELECT customer_id, id FROM sweep_deliveries($1)
