-- A requested run. $1 customer, $2 id, $3 webhook
INSERT INTO webhook_runs (customer_id, id, webhook_id, planned_at) VALUES ($1, $2, $3, now())
