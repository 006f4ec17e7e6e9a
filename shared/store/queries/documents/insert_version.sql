-- $1 customer, $2 document, $3 version, $4 object, $5 format, $6 bytes, $7 content hash, $8 whether it is published
-- in any case
INSERT INTO document_versions (customer_id, document_id, version, object_id, format, bytes, content_hash, reprocess)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
