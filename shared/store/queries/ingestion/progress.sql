-- Renews leases and records the stage. The lease of a document that is not in the result is lost. The documents are
-- locked in the order of their ids, as deletions lock theirs.
-- $1 customer, $2 ids, $3 fencing tokens, $4 lease in seconds, $5 stage or null for the same as before
WITH held AS (
    SELECT d.id
    FROM documents d JOIN unnest($2::uuid[], $3::bigint[]) AS t (id, lease_token)
        ON (d.id, d.lease_token) = (t.id, t.lease_token)
    WHERE d.customer_id = $1 AND d.status = 'processing' AND d.deleted_at IS NULL
    ORDER BY d.id
    FOR NO KEY UPDATE OF d
)
UPDATE documents d
SET stage = coalesce($5, d.stage),
    lease_expires_at = now() + make_interval(secs => $4),
    resend_at = now() + make_interval(secs => $4)
FROM held
WHERE d.customer_id = $1 AND d.id = held.id
RETURNING d.id
