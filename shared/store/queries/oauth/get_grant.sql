-- $1 customer, $2 session
SELECT client_id, resource, scopes FROM oauth_grants WHERE customer_id = $1 AND session_id = $2
