-- $1 customer, $2 id, $3 name, $4 trigger, $5 url, $6 schedule, $7 time zone, $8 events, $9 first run,
-- $10 version of its secret, $11 SHA-256 of its token, $12 collection or null
INSERT INTO webhooks (customer_id, id, name, trigger_type, url, schedule, time_zone, events, next_run_at,
                      secret_version, token_hash, collection_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
RETURNING id, name, trigger_type, status, url, schedule, time_zone, events, secret_version, next_run_at, disabled_reason,
       collection_id, failing_since, last_triggered_at, created_at, updated_at
