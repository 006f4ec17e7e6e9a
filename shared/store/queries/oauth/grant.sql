-- Spends a code for a session. $1 customer, $2 code, $3 session
WITH spent AS (
    UPDATE oauth_codes SET session_id = $3 WHERE customer_id = $1 AND id = $2
    RETURNING client_id, client_name, redirect_uri, resource, scopes
)
INSERT INTO oauth_grants (customer_id, session_id, client_id, client_name, redirect_uri, resource, scopes)
SELECT $1, $3, client_id, client_name, redirect_uri, resource, scopes FROM spent
RETURNING session_id
