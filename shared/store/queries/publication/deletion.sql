-- A document under deletion, and whether somebody may still be working on it. $1 customer, $2 id
SELECT lease_expires_at IS NOT NULL AND lease_expires_at > now() AS worked_on
FROM documents WHERE customer_id = $1 AND id = $2 AND deleted_at IS NOT NULL
FOR UPDATE
