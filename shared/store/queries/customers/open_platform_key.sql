-- No row: it is open already. $1 customer
UPDATE customers SET platform_key_from = now() WHERE id = $1 AND platform_key_from IS NULL RETURNING id
