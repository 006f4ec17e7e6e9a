-- $1 customer, $2 job
SELECT count(*) FILTER (WHERE status = 'waiting') AS waiting,
       count(*) FILTER (WHERE status = 'stored') AS stored,
       count(*) FILTER (WHERE status = 'unchanged') AS unchanged,
       count(*) FILTER (WHERE status = 'skipped') AS skipped,
       count(*) FILTER (WHERE status = 'failed') AS failed,
       greatest(0, extract(epoch FROM min(lease_expires_at) FILTER (WHERE status = 'waiting') - now()))::float8 AS next
FROM crawl_pages WHERE customer_id = $1 AND job_id = $2
