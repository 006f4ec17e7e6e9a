-- $1 customer, $2 id, $3 title, $4 source, $5 external id, $6 file name, $7 metadata, $8 status, $9 upload expiry, $10
-- created by, $11 source url, $12 lane, $13 chunking or null, $14 collection or null, $15 whether hidden content is
-- read, or null, $16 whether attachments become documents, or null, $17 the email it is attached to, or null, $18
-- whether the title is a caller's, $19 the actor who adds it, or null
INSERT INTO documents (customer_id, id, title, source, external_id, file_name, metadata, status,
                       upload_expires_at, created_by, source_url, lane, chunking, collection_id,
                       include_hidden, attachments, attached_to, title_given, added_by, resend_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, coalesce($15, false),
        coalesce($16, false), $17, $18, $19,
        CASE WHEN $8 = 'queued' THEN now() + interval '10 minutes' END)
