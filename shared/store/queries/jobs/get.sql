-- $1 customer, $2 job
SELECT id, kind, status, code, progress, created_at, finished_at FROM jobs WHERE customer_id = $1 AND id = $2
