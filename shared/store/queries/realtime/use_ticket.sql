-- A ticket is used once. $1 customer, $2 ticket, $3 SHA-256 of its secret
DELETE FROM connection_tickets
WHERE customer_id = $1 AND id = $2 AND secret_hash = $3
RETURNING session_id, api_key_id, expires_at > now() AS valid
