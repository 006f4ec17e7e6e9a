-- $1 customer, $2 document, $3 version
SELECT extracted FROM document_texts WHERE customer_id = $1 AND document_id = $2 AND version = $3
