-- Those of some documents that exist or are deleted, locked until the transaction ends, always in the same order.
-- $1 customer, $2 ids
SELECT d.id, d.attached_to, d.external_id FROM documents d WHERE d.customer_id = $1 AND d.id = ANY ($2) AND {present}
ORDER BY d.id FOR NO KEY UPDATE
