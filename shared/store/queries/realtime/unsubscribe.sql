-- What is on its way is dropped with the subscription, unless another one is for it too.
-- $1 customer, $2 connection, $3 channel, $4 subject
WITH ended AS (
    DELETE FROM subscriptions WHERE customer_id = $1 AND connection_id = $2 AND channel = $3 AND subject = $4
)
DELETE FROM pushes p
WHERE p.customer_id = $1 AND p.connection_id = $2 AND p.channel = $3
  AND NOT EXISTS (
      SELECT FROM subscriptions s
      WHERE s.customer_id = $1 AND s.connection_id = $2 AND s.channel = $3 AND s.subject <> $4
        AND s.subject IN (p.subject, '00000000-0000-0000-0000-000000000000'))
