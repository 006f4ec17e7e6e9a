-- Those of the documents whose leases are still valid, locked until the publication.
-- $1 customer, $2 ids, $3 fencing tokens
SELECT d.id, d.published_version
FROM documents d
JOIN unnest($2::uuid[], $3::bigint[]) AS held (id, token) ON held.id = d.id
WHERE d.customer_id = $1 AND d.lease_token = held.token AND d.status = 'processing' AND d.deleted_at IS NULL
ORDER BY d.id
FOR UPDATE OF d
