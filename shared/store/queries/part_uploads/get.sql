-- A file that is sent in parts. $1 customer, $2 document
SELECT u.bytes, d.file_name, d.created_at, d.upload_expires_at, 
       d.status = 'awaiting_upload' AND d.upload_expires_at > now() AS is_awaited,
       v.format, (SELECT coalesce(sum(p.bytes), 0)::bigint FROM upload_parts p
                  WHERE p.customer_id = $1 AND p.document_id = $2) AS received
FROM part_uploads u
JOIN documents d ON (d.customer_id, d.id) = (u.customer_id, u.document_id)
JOIN document_versions v ON (v.customer_id, v.document_id, v.version) = (d.customer_id, d.id, 1)
WHERE u.customer_id = $1 AND u.document_id = $2 AND d.deleted_at IS NULL
