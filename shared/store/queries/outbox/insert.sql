-- $1 customer, $2 job
INSERT INTO outbox (customer_id, job) VALUES ($1, $2) RETURNING id
