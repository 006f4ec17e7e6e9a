-- Keeps other parts from being added. $1 customer, $2 document
SELECT bytes FROM part_uploads WHERE customer_id = $1 AND document_id = $2 FOR UPDATE
