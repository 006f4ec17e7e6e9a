-- $1 customer, $2 version, $3 rows, $4 segments, $5 whether maintenance is due, $6 table
UPDATE index_versions
SET lance_version = $2, row_count = $3, segments = $4,
    maintenance_at = CASE WHEN $5 THEN maintenance_soon(maintenance_at) ELSE maintenance_at END
WHERE customer_id = $1 AND table_name = $6
