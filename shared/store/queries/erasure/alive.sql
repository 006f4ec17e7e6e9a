-- Whether a worker with a lease, maintenance, or an export may still write for the customer. An export has six minutes (the
-- function that writes it has five) from its start or its last recorded file. $1 customer
SELECT EXISTS (SELECT 1 FROM documents WHERE customer_id = $1 AND lease_expires_at > now())
    OR EXISTS (SELECT 1 FROM index_versions WHERE customer_id = $1 AND maintenance_until > now())
    OR EXISTS (SELECT 1 FROM jobs WHERE customer_id = $1 AND status = 'running'
               AND updated_at > now() - interval '6 minutes') AS alive
FROM customers WHERE id = $1 AND status = 'deleted'
