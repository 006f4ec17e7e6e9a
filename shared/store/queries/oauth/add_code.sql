-- $1 customer, $2 id, $3 hash, $4 user, $5 client, $6 its name, $7 redirect URI, $8 challenge, $9 resource, $10 scopes, $11 seconds
INSERT INTO oauth_codes (customer_id, id, secret_hash, user_id, client_id, client_name, redirect_uri, challenge, resource, scopes,
                         expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, now() + make_interval(secs => $11))
