-- $1 customer, $2 created before (with $3), $3 id before, $4 limit
SELECT c.id, c.name, c.description, c.chunking, c.alpha, c.metadata, c.created_at, c.updated_at,
       (SELECT count(*) FROM documents d
        WHERE d.customer_id = $1 AND d.collection_id = c.id AND d.deleted_at IS NULL) AS documents
FROM collections c
WHERE c.customer_id = $1 AND ($2::timestamptz IS NULL OR (c.created_at, c.id) < ($2, $3))
ORDER BY c.created_at DESC, c.id DESC
LIMIT $4
