-- $1 customer
SELECT count(*) AS collections FROM collections WHERE customer_id = $1
