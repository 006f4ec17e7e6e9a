-- $1 customer
SELECT i.row_count, i.lance_version, i.segments, i.fragments, i.maintained_at, i.maintenance_at,
       i.recall_at_10, i.recall_queries, i.recall_at,
       (SELECT coalesce(sum(v.chunks), 0) FROM document_versions v
        WHERE v.customer_id = $1 AND v.status = 'published') AS live_rows
FROM index_versions i WHERE i.customer_id = $1 AND i.table_name = 'chunks'
