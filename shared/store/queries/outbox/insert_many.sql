-- $1 customer, $2 jobs
INSERT INTO outbox (customer_id, job) SELECT $1, job FROM unnest($2::jsonb[]) AS t (job) RETURNING id, job
