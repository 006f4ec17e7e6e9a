-- Only where nobody has wrapped it anew meanwhile. $1 customer, $2 the key as it was, $3 as it is now
UPDATE customers SET wrapped_data_key = $3, data_key_wrapped_at = now()
WHERE id = $1 AND wrapped_data_key = $2
