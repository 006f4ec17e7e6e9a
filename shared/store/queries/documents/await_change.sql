-- Waits for a change of a document that is being committed. $1 customer, $2 document
SELECT FROM documents WHERE customer_id = $1 AND id = $2 FOR SHARE
