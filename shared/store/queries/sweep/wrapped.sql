-- $1 wrapped before, $2 most rows
SELECT customer_id, wrapped_data_key FROM sweep_wrapped($1, $2)
