-- A collection that a document is about to be put into: it stays until the transaction ends. $1 customer, $2 ids
SELECT id FROM collections WHERE customer_id = $1 AND id = ANY ($2) FOR KEY SHARE
