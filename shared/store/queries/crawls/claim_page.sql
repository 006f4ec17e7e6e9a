-- The next page without a lease. It is in a WITH, which is executed once: a plan may execute a subquery for each row,
-- and then claim as many pages. $1 customer, $2 job, $3 lease in seconds
WITH next AS (
    SELECT url_hash FROM crawl_pages
    WHERE customer_id = $1 AND job_id = $2 AND status = 'waiting'
      AND (lease_expires_at IS NULL OR lease_expires_at <= now())
    ORDER BY position LIMIT 1 FOR UPDATE SKIP LOCKED
)
UPDATE crawl_pages p SET lease_expires_at = now() + make_interval(secs => $3), attempts = p.attempts + 1
FROM next
WHERE p.customer_id = $1 AND p.job_id = $2 AND p.url_hash = next.url_hash
RETURNING p.url_hash, p.url, p.position, p.attempts
