-- What was learned about a version. $1 customer, $2 document, $3 version, $4 bytes, $5 content hash,
-- $6 format, $7 pages, $8 characters, $9 engine
UPDATE document_versions
SET bytes = $4, content_hash = $5, format = $6, pages = $7, characters = $8, engine = $9
WHERE customer_id = $1 AND document_id = $2 AND version = $3
