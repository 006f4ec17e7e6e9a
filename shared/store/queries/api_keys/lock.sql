-- One change of a customer's keys at a time, so that their number is exact. $1 customer
SELECT customer_id FROM customer_config WHERE customer_id = $1 FOR UPDATE
