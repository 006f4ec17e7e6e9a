-- Pages that were not stored, with the reasons. $1 customer, $2 job, $3 limit
SELECT url, status, code, http_status FROM crawl_pages
WHERE customer_id = $1 AND job_id = $2 AND status IN ('skipped', 'failed')
ORDER BY position LIMIT $3
