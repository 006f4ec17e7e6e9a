-- $1 customer, $2 id, $3 name or null, $4 whether the description changes, $5 description or null, $6 whether the
-- chunking changes, $7 chunking or null, $8 whether alpha changes, $9 alpha or null, $10 metadata or null
UPDATE collections c
SET name = coalesce($3, name),
    description = CASE WHEN $4 THEN $5 ELSE description END,
    chunking = CASE WHEN $6 THEN $7 ELSE chunking END,
    alpha = CASE WHEN $8 THEN $9 ELSE alpha END,
    metadata = coalesce($10, metadata)
WHERE c.customer_id = $1 AND c.id = $2
RETURNING c.id, c.name, c.description, c.chunking, c.alpha, c.metadata, c.created_at, c.updated_at,
    (SELECT count(*) FROM documents d
     WHERE d.customer_id = $1 AND d.collection_id = c.id AND d.deleted_at IS NULL) AS documents
