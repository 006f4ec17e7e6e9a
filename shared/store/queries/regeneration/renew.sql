-- Renews the lease; no row: another worker has it, or the table is to be discarded. Progress resets the attempts.
-- $1 customer, $2 job, $3 fencing token, $4 lease in seconds, $5 documents done or null
UPDATE jobs SET lease_expires_at = now() + make_interval(secs => $4), resend_at = now() + make_interval(secs => $4),
    attempts = CASE WHEN $5::bigint > coalesce((progress ->> 'done')::bigint, 0) THEN 0 ELSE attempts END,
    progress = CASE WHEN $5::bigint IS NULL THEN progress ELSE progress || jsonb_build_object('done', $5::bigint) END
WHERE customer_id = $1 AND id = $2 AND lease_token = $3 AND finished_at IS NULL
  AND progress ->> 'switch' IS DISTINCT FROM 'discard'
RETURNING id
