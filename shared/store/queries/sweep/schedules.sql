-- $1 most rows
SELECT customer_id, id, name, url, schedule, time_zone, planned, leased, collection_id FROM sweep_schedules($1)
