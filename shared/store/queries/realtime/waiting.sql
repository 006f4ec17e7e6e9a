-- The events of connections, in their order. $1 customer, $2 connections, $3 most of each
SELECT p.id, p.connection_id, p.channel, p.subject, p.number, p.collection_id
FROM unnest($2::text[]) c (id)
CROSS JOIN LATERAL (
    SELECT * FROM pushes WHERE customer_id = $1 AND connection_id = c.id ORDER BY id LIMIT $3
) p
ORDER BY p.connection_id, p.id
