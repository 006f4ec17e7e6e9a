-- What was learned about a version; a document whose title is only its address takes the content's own.
-- $1 customer, $2 document, $3 version, $4 bytes, $5 content hash, $6 format, $7 pages, $8 characters, $9 engine,
-- $10 title or null, $11 what the file says of itself
WITH titled AS (
    UPDATE documents SET title = $10
    WHERE customer_id = $1 AND id = $2 AND latest_version = $3 AND title = source_url AND $10 IS NOT NULL
)
UPDATE document_versions
SET bytes = $4, content_hash = $5, format = $6, pages = $7, characters = $8, engine = $9, properties = $11
WHERE customer_id = $1 AND document_id = $2 AND version = $3
