-- Those of some documents that are under deletion, and whether a worker may still be processing each.
-- $1 customer, $2 ids
SELECT id, lease_expires_at IS NOT NULL AND lease_expires_at > now() AS worked_on
FROM documents WHERE customer_id = $1 AND id = ANY ($2) AND purge_at IS NULL AND deleted_at IS NOT NULL
ORDER BY id
FOR UPDATE
