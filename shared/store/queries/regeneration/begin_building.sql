-- A table beside `chunks`, still empty. $1 customer, $2 its number, $3 its segments
INSERT INTO index_versions (customer_id, table_name, lance_version, segments) VALUES ($1, 'building', $2, $3)
ON CONFLICT DO NOTHING
