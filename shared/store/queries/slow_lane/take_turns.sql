-- Serialises claims of a customer in the slow lane until the end of the transaction: two concurrent ones would both
-- find the last place of its share. $1 customer
SELECT pg_advisory_xact_lock(hashtextextended('slow lane ' || $1::uuid, 0))
