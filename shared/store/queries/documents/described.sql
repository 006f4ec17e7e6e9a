-- Whether a document's description differs: a title from its content becomes the caller's.
-- $1 customer, $2 id, $3 title or null, $4 metadata or null, $5 whether hidden content is read, or null, $6 whether
-- attachments become documents, or null
SELECT $3 IS NOT NULL AND ($3 <> title OR NOT title_is_given(documents)) OR coalesce($4 <> metadata, false)
    OR coalesce($5 <> include_hidden, false) OR coalesce($6 <> attachments, false) AS otherwise
FROM documents
WHERE customer_id = $1 AND id = $2 AND deleted_at IS NULL AND status <> 'awaiting_upload'
