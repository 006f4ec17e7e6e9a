-- $1 customer, $2 id
SELECT c.id, c.name, c.description, c.chunking, c.alpha, c.metadata, c.created_at, c.updated_at,
       (SELECT count(*) FROM documents d
        WHERE d.customer_id = $1 AND d.collection_id = c.id AND d.deleted_at IS NULL) AS documents
FROM collections c
WHERE c.customer_id = $1 AND c.id = $2
