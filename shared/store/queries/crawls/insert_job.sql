-- $1 customer, $2 job, $3 parameters of the crawl
INSERT INTO jobs (customer_id, id, kind, progress, resend_at) VALUES ($1, $2, 'crawl', $3, now() + interval '10 minutes')
