-- $1 customer, $2 id, $3 name, $4 description or null, $5 chunking or null
INSERT INTO collections (customer_id, id, name, description, chunking) VALUES ($1, $2, $3, $4, $5)
RETURNING id, name, description, chunking, 0::bigint AS documents, created_at, updated_at
