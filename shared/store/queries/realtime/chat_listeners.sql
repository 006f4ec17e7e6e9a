-- The connections of a user or a key that listen to a conversation of its own. $1 customer, $2 user or key, $3 conversation; the nil
-- UUID, which a whole channel has, for a new one
SELECT c.id
FROM connections c
WHERE c.customer_id = $1 AND is_admitted(c)
  AND (c.api_key_id = $2
       OR EXISTS (SELECT FROM sessions s WHERE s.customer_id = $1 AND s.id = c.session_id AND s.user_id = $2))
  AND EXISTS (SELECT FROM subscriptions b
              WHERE b.customer_id = $1 AND b.connection_id = c.id AND b.channel = 'chat'
                AND b.subject IN ($3, '00000000-0000-0000-0000-000000000000'))
