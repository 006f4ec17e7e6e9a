-- Defers a document while others wait and its customer's share is in use. No row: it may be claimed. `sweep` sends it
-- if nothing else does before: of a backlog, only some fifty in two minutes.
-- $1 customer, $2 id, $3 version, $4 the share
UPDATE documents d
SET put_off_at = now(),
    resend_at = now() + interval '2 minutes' * least(15, 1 + (
        SELECT count(*) FROM documents p WHERE p.customer_id = $1 AND p.put_off_at IS NOT NULL) / 50)
WHERE d.customer_id = $1 AND d.id = $2 AND d.latest_version = $3 AND d.deleted_at IS NULL AND d.status = 'queued'
  AND $4 <= (
    SELECT count(*) FROM documents w
    WHERE w.customer_id = $1 AND w.slow AND w.status = 'processing' AND w.lease_expires_at > now()
      AND w.deleted_at IS NULL)
  AND others_wait_in_slow_lane($1)
RETURNING d.id
