-- The next page nobody is fetching. $1 customer, $2 job, $3 lease in seconds
UPDATE crawl_pages p SET lease_expires_at = now() + make_interval(secs => $3), attempts = attempts + 1
FROM (SELECT q.url_hash FROM crawl_pages q
      WHERE q.customer_id = $1 AND q.job_id = $2 AND q.status = 'waiting'
        AND (q.lease_expires_at IS NULL OR q.lease_expires_at <= now())
      ORDER BY q.position LIMIT 1 FOR UPDATE SKIP LOCKED) next
WHERE p.customer_id = $1 AND p.job_id = $2 AND p.url_hash = next.url_hash
RETURNING p.url_hash, p.url, p.position, p.attempts
