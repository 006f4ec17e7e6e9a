-- Adds a part as long as the file awaits its upload and its parts are at most twice as long and not too many, as one may be sent
-- again; no row: they are. $1 customer, $2 document, $3 id, $4 bytes, $5 most parts
INSERT INTO upload_parts (customer_id, document_id, id, bytes)
SELECT $1, $2, $3, $4
FROM part_uploads u
JOIN documents d ON (d.customer_id, d.id) = (u.customer_id, u.document_id)
WHERE u.customer_id = $1 AND u.document_id = $2 AND d.deleted_at IS NULL
  AND d.status = 'awaiting_upload' AND d.upload_expires_at > now()
  AND 2 * u.bytes >= $4 + (SELECT coalesce(sum(p.bytes), 0) FROM upload_parts p WHERE p.customer_id = $1 AND p.document_id = $2)
  AND (SELECT count(*) FROM upload_parts p WHERE p.customer_id = $1 AND p.document_id = $2) < $5
RETURNING created_at
