-- A user's grant that has not ended. $1 customer, $2 user, $3 session
SELECT g.client_name
FROM oauth_grants g
JOIN sessions s ON (s.customer_id, s.id) = (g.customer_id, g.session_id)
WHERE g.customer_id = $1 AND s.user_id = $2 AND g.session_id = $3 AND s.ended_at IS NULL
