-- $1 customer, $2 job, $3 fencing token, $4 status, $5 code or null
WITH ended AS (
    UPDATE jobs SET status = $4, code = $5, finished_at = now(), lease_expires_at = NULL, resend_at = NULL
    WHERE customer_id = $1 AND id = $2 AND lease_token = $3 AND finished_at IS NULL
    RETURNING id
)
DELETE FROM index_versions WHERE customer_id = $1 AND table_name = 'building' AND EXISTS (SELECT FROM ended)
