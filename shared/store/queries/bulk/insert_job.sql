-- $1 customer, $2 job, $3 what it is to do
INSERT INTO jobs (customer_id, id, kind, progress, resend_at) VALUES ($1, $2, 'bulk', $3, now() + interval '10 minutes')
