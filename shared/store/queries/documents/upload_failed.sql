-- An upload that never arrived, or cannot be accepted. $1 customer, $2 id, $3 status, $4 code
UPDATE documents
SET status = $3, code = $4, upload_expires_at = NULL, resend_at = NULL
WHERE customer_id = $1 AND id = $2 AND status = 'awaiting_upload' AND deleted_at IS NULL
RETURNING id
