-- $1 customer, $2 job, $3 hash, $4 seconds, $5 whether it was an attempt
UPDATE crawl_pages
SET lease_expires_at = now() + make_interval(secs => $4), attempts = attempts - CASE WHEN $5 THEN 0 ELSE 1 END
WHERE customer_id = $1 AND job_id = $2 AND url_hash = $3 AND status = 'waiting'
