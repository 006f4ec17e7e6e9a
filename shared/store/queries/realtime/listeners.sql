-- Connections, with the rights that their users and keys have now. $1 customer, $2 connections
SELECT c.id, is_admitted(c) AS admitted, s.user_id, u.role, c.api_key_id, k.scopes,
       CASE WHEN k.bound THEN ARRAY(
           SELECT b.collection_id FROM api_key_collections b
           WHERE b.customer_id = c.customer_id AND b.api_key_id = c.api_key_id) END AS collections
FROM connections c
LEFT JOIN sessions s ON s.customer_id = c.customer_id AND s.id = c.session_id
LEFT JOIN users u ON u.customer_id = s.customer_id AND u.id = s.user_id
LEFT JOIN api_keys k ON k.customer_id = c.customer_id AND k.id = c.api_key_id
WHERE c.customer_id = $1 AND c.id = ANY ($2)
ORDER BY c.id
