-- The clients of a user that may still act for it, the newest first. $1 customer, $2 user
SELECT g.session_id, g.client_id, g.client_name, g.redirect_uri, g.scopes, g.created_at, s.updated_at, s.expires_at
FROM oauth_grants g
JOIN sessions s ON (s.customer_id, s.id) = (g.customer_id, g.session_id)
WHERE g.customer_id = $1 AND s.user_id = $2 AND s.ended_at IS NULL AND s.expires_at > now()
ORDER BY g.created_at DESC, g.session_id DESC
LIMIT 200
