-- Whether the customer may store this many more bytes. $1 customer, $2 bytes
SELECT coalesce(s.bytes, 0) + $2 <= c.max_storage_bytes AS has_room
FROM customer_config c LEFT JOIN customer_storage s ON s.customer_id = c.customer_id
WHERE c.customer_id = $1
