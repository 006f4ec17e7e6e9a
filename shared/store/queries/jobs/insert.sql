-- One job of a kind at a time: no row if one is in progress. $1 customer, $2 job, $3 kind
INSERT INTO jobs (customer_id, id, kind, resend_at) VALUES ($1, $2, $3, now() + interval '10 minutes')
ON CONFLICT (customer_id, kind) WHERE finished_at IS NULL AND kind IN ('export', 'regenerate') DO NOTHING
RETURNING id
