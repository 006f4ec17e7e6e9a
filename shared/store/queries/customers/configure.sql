-- $1 customer, $2 largest file, $3 types, $4 chunk size, $5 overlap, $6 budget in dollars or null, $7 alert
-- in percent, $8 days of retention, $9 requests a minute, $10 a day, $11 documents, $12 limits by class,
-- $13 strategy and $14 unit of chunks
UPDATE customer_config
SET max_file_bytes = $2, allowed_types = $3, chunk_size = $4, chunk_overlap = $5,
    chunk_strategy = $13, chunk_unit = $14,
    monthly_budget_usd = $6::text::numeric, budget_alert_percent = $7, retention_days = $8,
    requests_per_minute = $9, requests_per_day = $10, max_documents = $11, class_limits = $12
WHERE customer_id = $1
