-- $1 customer, $2 segments, $3 table
UPDATE index_versions SET segments = $2 WHERE customer_id = $1 AND table_name = $3
