-- A refresh token with its successor, session and user. $1 customer, $2 token id
SELECT t.session_id, t.user_id, t.token_hash, t.used_at, t.expires_at,
       n.id AS next_id, n.token_hash AS next_hash, n.created_at AS next_issued_at, n.used_at AS next_used_at,
       u.email, u.role,
       s.ended_at IS NULL AND u.status = 'active' AND c.status = 'active'
           AND t.created_at >= u.tokens_valid_from AS may_continue,
       clock_timestamp() AS now
FROM refresh_tokens t
JOIN sessions s ON (s.customer_id, s.id) = (t.customer_id, t.session_id)
JOIN users u ON (u.customer_id, u.id) = (t.customer_id, t.user_id)
JOIN customers c ON c.id = t.customer_id
LEFT JOIN refresh_tokens n ON (n.customer_id, n.id) = (t.customer_id, t.replaced_by)
WHERE t.customer_id = $1 AND t.id = $2
