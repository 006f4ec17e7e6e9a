-- Documents of a customer whose turn has come, the longest deferred first: one for the document that has ended, and
-- another one while no other customer waits. They are selected once: as a subquery of the update they could be selected
-- again for each row.
-- $1 customer
WITH due AS MATERIALIZED (
    SELECT p.id FROM documents p
    WHERE p.customer_id = $1 AND p.put_off_at IS NOT NULL AND p.status = 'queued' AND p.deleted_at IS NULL
    ORDER BY p.put_off_at
    LIMIT CASE WHEN others_wait_in_slow_lane($1) THEN 1 ELSE 2 END
    FOR UPDATE SKIP LOCKED
)
UPDATE documents d
SET put_off_at = NULL, resend_at = now() + interval '10 minutes'
FROM due WHERE d.customer_id = $1 AND d.id = due.id
RETURNING d.id, d.latest_version, d.lane
