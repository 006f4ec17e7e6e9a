-- Begins an attempt and returns the data it needs. No row: the message is obsolete (ended, too early, deleted), or
-- another worker's attempt is in progress. Nothing is sent for a suspended customer.
-- $1 customer, $2 id, $3 lease in seconds
WITH claimed AS (
    UPDATE webhook_deliveries d
    SET attempts = attempts + 1, lease_token = lease_token + 1, last_attempt_at = now(),
        due_at = now() + make_interval(secs => $3), resend_at = now() + make_interval(secs => $3)
    FROM customers c
    WHERE d.customer_id = $1 AND d.id = $2 AND d.status = 'pending' AND d.due_at <= now()
      AND c.id = d.customer_id AND c.status = 'active' AND c.wrapped_data_key IS NOT NULL
    RETURNING d.webhook_id, d.payload, d.attempts, d.lease_token, d.turn_at, c.wrapped_data_key
)
SELECT c.webhook_id, c.payload, c.attempts, c.lease_token, coalesce(c.turn_at <= now(), false) AS has_turn, c.wrapped_data_key, w.status, w.url,
       live.versions, live.nonces, live.ciphertexts
FROM claimed c
JOIN webhooks w ON w.customer_id = $1 AND w.id = c.webhook_id
CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(s.version ORDER BY s.version DESC), '{}') AS versions,
           coalesce(array_agg(s.nonce ORDER BY s.version DESC), '{}') AS nonces,
           coalesce(array_agg(s.ciphertext ORDER BY s.version DESC), '{}') AS ciphertexts
    FROM customer_secrets s
    WHERE s.customer_id = $1 AND s.purpose = 'webhook'
      AND (s.version = w.secret_version OR s.version = w.previous_secret_version AND w.previous_until > now())
) live
