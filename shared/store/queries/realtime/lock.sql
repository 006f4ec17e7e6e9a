-- Takes connections that have events waiting or are to be closed, but for those that somebody else has: who delivers the events of a
-- connection holds its row, so that they arrive in their order. $1 customer
SELECT c.id FROM connections c
WHERE c.customer_id = $1
  AND (NOT is_admitted(c)
       OR EXISTS (SELECT FROM pushes p WHERE p.customer_id = c.customer_id AND p.connection_id = c.id))
ORDER BY c.id
FOR NO KEY UPDATE SKIP LOCKED
