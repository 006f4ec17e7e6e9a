-- As in list.sql. $1 customer, $2 id
SELECT k.id, k.name, k.public_id, k.scopes, k.is_default, k.requests_per_minute, k.expires_at, k.last_used_at,
       k.created_at, u.id AS maker_id, u.email AS maker_email,
       CASE WHEN k.bound THEN ARRAY(
           SELECT c.collection_id FROM api_key_collections c
           WHERE c.customer_id = $1 AND c.api_key_id = k.id ORDER BY c.collection_id) END AS collections
FROM api_keys k LEFT JOIN users u ON (u.customer_id, u.id) = (k.customer_id, k.created_by)
WHERE k.customer_id = $1 AND k.id = $2
