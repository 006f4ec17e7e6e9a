-- $1 customer, $2 id
SELECT id FROM collections WHERE customer_id = $1 AND id = $2
