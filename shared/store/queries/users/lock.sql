-- Serialises changes of the customer's users. $1 customer
SELECT id FROM customers WHERE id = $1 FOR UPDATE
