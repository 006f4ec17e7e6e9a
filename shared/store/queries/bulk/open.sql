-- $1 customer
SELECT count(*) AS open FROM jobs WHERE customer_id = $1 AND kind = 'bulk' AND finished_at IS NULL
