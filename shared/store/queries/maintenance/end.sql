-- $1 customer, $2 when it is due again or null, $3 files, $4 to $6: recall, queries and when, or null if it was not measured
UPDATE index_versions
SET maintained_at = now(), maintenance_at = $2, maintenance_until = NULL, fragments = $3,
    recall_at_10 = coalesce($4, recall_at_10), recall_queries = coalesce($5, recall_queries), recall_at = coalesce($6, recall_at)
WHERE customer_id = $1 AND table_name = 'chunks'
