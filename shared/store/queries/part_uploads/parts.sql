-- $1 customer, $2 document
SELECT id, bytes FROM upload_parts WHERE customer_id = $1 AND document_id = $2
