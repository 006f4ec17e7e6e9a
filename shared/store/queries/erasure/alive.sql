-- Whether somebody may still be writing for the customer: a worker with a lease, or an export, which has six minutes
-- (the function that writes it has five) from when it was begun or noted a file. $1 customer
SELECT EXISTS (SELECT 1 FROM documents WHERE customer_id = $1 AND lease_expires_at > now())
    OR EXISTS (SELECT 1 FROM jobs WHERE customer_id = $1 AND status = 'running'
               AND updated_at > now() - interval '6 minutes') AS alive
FROM customers WHERE id = $1 AND status = 'deleted'
