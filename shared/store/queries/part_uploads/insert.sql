-- $1 customer, $2 document, $3 bytes of the whole file
INSERT INTO part_uploads (customer_id, document_id, bytes) VALUES ($1, $2, $3)
