-- The customer's document limit, locked. The count is a separate statement: this one's snapshot is older than the end
-- of its wait. $1 customer
SELECT max_documents FROM customer_config WHERE customer_id = $1 FOR NO KEY UPDATE
