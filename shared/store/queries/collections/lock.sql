-- A collection that is about to be deleted: whoever puts a document into it waits, and then finds it gone. What it
-- holds is asked in a statement of its own: this one's snapshot is older than the end of its wait. $1 customer, $2 id
SELECT name FROM collections WHERE customer_id = $1 AND id = $2 FOR UPDATE
