-- $1 customer, $2 id, $3 name, $4 description or null, $5 chunking or null, $6 alpha or null
INSERT INTO collections (customer_id, id, name, description, chunking, alpha) VALUES ($1, $2, $3, $4, $5, $6)
RETURNING id, name, description, chunking, alpha, 0::bigint AS documents, created_at, updated_at
