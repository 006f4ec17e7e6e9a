-- $1 most rows
SELECT customer_id, id, name, url, schedule, time_zone, planned, leased FROM sweep_schedules($1)
