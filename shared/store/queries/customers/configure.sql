-- Limits of the platform are not written: an administrator may be changing them. The largest file may become smaller.
-- $1 customer, $2 largest file or null, $3 types, $4 chunk size, $5 overlap, $6 budget in dollars or null, $7 alert
-- in percent, $8 days of retention, $9 of deleted documents, $10 limits by class, $11 strategy and $12 unit of chunks,
-- $13 chat models, $14 budget of a caller and $15 of a conversation, in dollars or null
UPDATE customer_config
SET max_file_bytes = least(max_file_bytes, $2), allowed_types = $3, chunk_size = $4, chunk_overlap = $5,
    chunk_strategy = $11, chunk_unit = $12,
    monthly_budget_usd = $6::text::numeric, budget_alert_percent = $7, retention_days = $8,
    deletion_retention_days = $9, class_limits = $10, chat_models = $13,
    chat_user_budget_usd = $14::text::numeric, chat_session_budget_usd = $15::text::numeric
WHERE customer_id = $1
