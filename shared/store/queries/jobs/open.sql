-- $1 customer, $2 kind
SELECT id FROM jobs WHERE customer_id = $1 AND kind = $2 AND finished_at IS NULL
