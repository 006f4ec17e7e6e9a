-- Leaves a document that another lane has a job for to the slow lane. No row: it does not belong there, the job is
-- obsolete, or another worker's lease is valid.
-- $1 customer, $2 id, $3 version, $4 slow documents with which the customer's large ones are left to it
UPDATE documents d
SET slow = true, put_off_at = NULL, resend_at = now() + interval '10 minutes'
FROM document_versions v
WHERE d.customer_id = $1 AND d.id = $2 AND d.latest_version = $3 AND d.deleted_at IS NULL AND d.status = 'queued'
  AND v.customer_id = $1 AND v.document_id = $2 AND v.version = $3 AND NOT v.to_fetch
  AND takes_slow_lane(d, v, $4)
RETURNING d.id
