-- Puts a customer's events that are due off for a minute; returns a row if there were any. $1 customer, $2 most
WITH due AS (
    UPDATE pushes p SET resend_at = now() + interval '1 minute'
    FROM (SELECT id FROM pushes WHERE customer_id = $1 AND resend_at <= now() LIMIT $2 FOR UPDATE SKIP LOCKED) q
    WHERE p.customer_id = $1 AND p.id = q.id
    RETURNING 1
)
SELECT FROM due LIMIT 1
