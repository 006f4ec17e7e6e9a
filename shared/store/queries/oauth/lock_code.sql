-- A code with its user, locked. $1 customer, $2 id, $3 hash
SELECT o.user_id, o.client_id, o.client_name, o.redirect_uri, o.challenge, o.resource, o.scopes, o.session_id,
       o.expires_at > clock_timestamp() AS valid, u.email, u.role, u.status = 'active' AND c.status = 'active' AS active
FROM oauth_codes o
JOIN users u ON (u.customer_id, u.id) = (o.customer_id, o.user_id)
JOIN customers c ON c.id = o.customer_id
WHERE o.customer_id = $1 AND o.id = $2 AND o.secret_hash = $3
FOR UPDATE OF o
