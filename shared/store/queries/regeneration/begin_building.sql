-- A table beside `chunks`, still empty. $1 customer, $2 its number
INSERT INTO index_versions (customer_id, table_name, lance_version) VALUES ($1, 'building', $2)
ON CONFLICT DO NOTHING
