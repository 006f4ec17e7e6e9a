-- $1 customer, $2 version, $3 rows, $4 table
UPDATE index_versions SET lance_version = $2, row_count = $3
WHERE customer_id = $1 AND table_name = $4
