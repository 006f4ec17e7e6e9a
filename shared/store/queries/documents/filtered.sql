-- The documents that meet a filter of a search. Braces mark the insertion of its condition. $1 customer, then the values
-- of the condition
SELECT d.id FROM documents d
WHERE d.customer_id = $1 AND d.deleted_at IS NULL AND {filter}
