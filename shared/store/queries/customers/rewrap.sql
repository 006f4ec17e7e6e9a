-- Only if it was not wrapped again meanwhile. $1 customer, $2 the old wrapped key, $3 the new one
UPDATE customers SET wrapped_data_key = $3, data_key_wrapped_at = now()
WHERE id = $1 AND wrapped_data_key = $2
