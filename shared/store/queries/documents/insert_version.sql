-- $1 customer, $2 document, $3 version, $4 object, $5 format, $6 bytes, $7 content hash
INSERT INTO document_versions (customer_id, document_id, version, object_id, format, bytes, content_hash)
VALUES ($1, $2, $3, $4, $5, $6, $7)
