-- All rows of the customer hang on this one. $1 customer
DELETE FROM customers WHERE id = $1 AND status = 'deleted'
