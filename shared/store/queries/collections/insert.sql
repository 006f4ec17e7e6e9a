-- $1 customer, $2 id, $3 name, $4 description or null, $5 chunking or null, $6 alpha or null, $7 metadata
INSERT INTO collections (customer_id, id, name, description, chunking, alpha, metadata)
VALUES ($1, $2, $3, $4, $5, $6, $7)
RETURNING id, name, description, chunking, alpha, metadata, 0::bigint AS documents, created_at, updated_at
