-- The attachments that were deleted with their email. $1 customer, $2 the email, $3 when
SELECT id FROM documents
WHERE customer_id = $1 AND attached_to = $2 AND deleted_at = $3 AND purge_at IS NOT NULL
ORDER BY id
