-- Spends a token for its successor and extends the session accordingly. $1 customer, $2 token id, $3 successor, $4
-- session, $5 the successor's expiry
WITH spent AS (
    UPDATE refresh_tokens SET used_at = clock_timestamp(), replaced_by = $3
    WHERE customer_id = $1 AND id = $2 AND used_at IS NULL
)
UPDATE sessions SET expires_at = $5 WHERE customer_id = $1 AND id = $4
