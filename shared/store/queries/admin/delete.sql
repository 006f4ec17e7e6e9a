-- $1 and $2 the administrator, $3 customer, $4 its name or id, repeated
SELECT admin_delete_customer($1, $2, $3, $4) AS verdict
