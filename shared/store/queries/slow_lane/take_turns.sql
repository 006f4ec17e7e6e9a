-- Lets claims of a customer in the slow lane go one after the other, until the end of the transaction: two at once would
-- both find the last place of its share. $1 customer
SELECT pg_advisory_xact_lock(hashtextextended('slow lane ' || $1::uuid, 0))
