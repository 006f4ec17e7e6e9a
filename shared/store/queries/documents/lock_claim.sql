-- Keeps a claim from being overtaken until the end of the transaction. No row: it was overtaken.
-- $1 customer, $2 document, $3 fencing token
SELECT id FROM documents
WHERE customer_id = $1 AND id = $2 AND lease_token = $3 AND status = 'processing' AND deleted_at IS NULL
FOR SHARE
