-- All rows of the customer reference this one. $1 customer
DELETE FROM customers WHERE id = $1 AND status = 'deleted'
