-- A collection that is about to be deleted: a transaction that adds a document to it waits, and then no longer finds
-- it. Its documents are read by a separate statement: this one's snapshot is older than the end of its wait. $1
-- customer, $2 id
SELECT name FROM collections WHERE customer_id = $1 AND id = $2 FOR UPDATE
