-- $1 customer, $2 operation, $3 tokens
INSERT INTO usage_metrics AS u (customer_id, day, operation, requests, tokens)
VALUES ($1, (now() AT TIME ZONE 'UTC')::date, $2, 1, $3)
ON CONFLICT (customer_id, day, operation) DO UPDATE
    SET requests = u.requests + 1, tokens = u.tokens + excluded.tokens
