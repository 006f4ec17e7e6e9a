-- $1 customer, $2 purpose, $3 versions below this one, $4 seconds they still verify
UPDATE customer_secrets SET retires_at = least(coalesce(retires_at, 'infinity'), now() + make_interval(secs => $4))
WHERE customer_id = $1 AND purpose = $2 AND version < $3
