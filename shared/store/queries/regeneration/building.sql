-- The table of another model, and whether everything published is in it. $1 customer
SELECT i.lance_version, i.segments, j.progress ->> 'model' AS model, j.progress ? 'readySince' AS is_ready
FROM index_versions i JOIN jobs j ON j.customer_id = i.customer_id AND j.kind = 'regenerate' AND j.finished_at IS NULL
WHERE i.customer_id = $1 AND i.table_name = 'building'
