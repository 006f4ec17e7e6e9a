-- $1 customer
SELECT max_file_bytes, allowed_types FROM customer_config WHERE customer_id = $1
