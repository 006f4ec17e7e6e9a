-- The time at which sweep continues a crawl. $1 customer, $2 job, $3 seconds
UPDATE jobs SET resend_at = now() + make_interval(secs => $3), attempts = 0
WHERE customer_id = $1 AND id = $2 AND finished_at IS NULL
