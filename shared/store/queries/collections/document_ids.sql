-- The documents of a collection, without those under deletion; no row if there is no such collection.
-- $1 customer, $2 collection
SELECT ARRAY(SELECT d.id FROM documents d
             WHERE d.customer_id = $1 AND d.collection_id = c.id AND d.deleted_at IS NULL) AS documents,
       c.alpha
FROM collections c WHERE c.customer_id = $1 AND c.id = $2
