-- Serialises changes of the customer's secrets. $1 customer
SELECT wrapped_data_key FROM customers WHERE id = $1 AND wrapped_data_key IS NOT NULL FOR UPDATE
