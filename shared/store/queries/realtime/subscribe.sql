-- $1 customer, $2 connection, $3 channel, $4 subject, $5 most subscriptions of a connection
INSERT INTO subscriptions (customer_id, connection_id, channel, subject)
SELECT $1, $2, $3, $4
WHERE (SELECT count(*) FROM subscriptions WHERE customer_id = $1 AND connection_id = $2) < $5
   OR EXISTS (SELECT FROM subscriptions WHERE (customer_id, connection_id, channel, subject) = ($1, $2, $3, $4))
ON CONFLICT (customer_id, connection_id, channel, subject) DO UPDATE SET subject = excluded.subject
RETURNING channel
