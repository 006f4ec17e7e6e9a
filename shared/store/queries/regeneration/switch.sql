-- The new table replaces `chunks`, with its model; the replaced one is recorded in the job, to be removed.
-- $1 customer, $2 job, $3 fencing token, $4 version, $5 rows, $6 model, $7 dimensions or null, $8 generation replaced,
-- $9 segments, $10 whether maintenance is due
WITH job AS (
    UPDATE jobs SET progress = progress || jsonb_build_object('replaced', $8::bigint)
    WHERE customer_id = $1 AND id = $2 AND lease_token = $3 AND finished_at IS NULL
    RETURNING id
), built AS (
    UPDATE index_versions
    SET lance_version = $4, row_count = $5, embedding_model = $6, dimensions = coalesce($7, dimensions), segments = $9,
        maintenance_at = CASE WHEN $10 THEN maintenance_soon(maintenance_at) ELSE maintenance_at END
    WHERE customer_id = $1 AND table_name = 'chunks' AND EXISTS (SELECT FROM job)
), beside AS (
    DELETE FROM index_versions WHERE customer_id = $1 AND table_name = 'building' AND EXISTS (SELECT FROM job)
), configured AS (
    UPDATE customer_config SET embedding_model = $6 WHERE customer_id = $1 AND EXISTS (SELECT FROM job)
), versions AS (
    UPDATE document_versions SET embedding_model = $6
    WHERE customer_id = $1 AND status = 'published' AND EXISTS (SELECT FROM job)
)
SELECT id FROM job
