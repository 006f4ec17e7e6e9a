-- $1 customer
SELECT id FROM connections WHERE customer_id = $1 ORDER BY opened_at, id
