-- $1 customer
SELECT count(*) AS open FROM jobs WHERE customer_id = $1 AND kind = 'crawl' AND finished_at IS NULL
