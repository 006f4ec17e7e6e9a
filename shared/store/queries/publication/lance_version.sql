-- $1 customer, $2 lance version, $3 rows
UPDATE index_versions SET lance_version = $2, row_count = $3
WHERE customer_id = $1 AND table_name = 'chunks'
