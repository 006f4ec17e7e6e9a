-- $1 and $2 the administrator, $3 customer, $4 limits by their names in the API; omitted ones stay the same
SELECT admin_set_limits($1, $2, $3, $4) AS done
