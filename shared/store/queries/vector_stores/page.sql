-- A page of collections, by the time of their creation. In braces: the direction. $1 customer, $2 after this one or null, $3 limit
SELECT c.id FROM collections c
WHERE c.customer_id = $1
  AND ($2::uuid IS NULL OR (c.created_at, c.id) {beyond}
       (SELECT created_at, id FROM collections WHERE customer_id = $1 AND id = $2))
ORDER BY c.created_at {direction}, c.id {direction}
LIMIT $3
