-- Whoever changes who is in charge waits here. $1 customer
SELECT id FROM customers WHERE id = $1 FOR UPDATE
