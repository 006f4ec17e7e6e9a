-- $1 customer, $2 job, $3 hash, $4 status, $5 code or null, $6 document or null, $7 HTTP status or null
UPDATE crawl_pages SET status = $4, code = $5, document_id = $6, http_status = $7, lease_expires_at = NULL
WHERE customer_id = $1 AND job_id = $2 AND url_hash = $3 AND status = 'waiting'
