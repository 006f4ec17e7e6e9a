-- One at a time: no row if one is in progress. $1 customer, $2 job, $3 parameters
INSERT INTO jobs (customer_id, id, kind, progress, resend_at) VALUES ($1, $2, 'regenerate', $3, now() + interval '10 minutes')
ON CONFLICT (customer_id, kind) WHERE finished_at IS NULL AND kind IN ('export', 'regenerate') DO NOTHING
RETURNING id
