-- Takes one of a customer's streams, unless all are taken; at the same moment a few more may be. $1 customer, $2 id, $3 user or key,
-- $4 most, $5 seconds for which one counts whose function died
WITH dead AS (
    DELETE FROM chat_streams WHERE customer_id = $1 AND started_at < now() - make_interval(secs => $5)
)
INSERT INTO chat_streams (customer_id, id, asked_by)
SELECT $1, $2, $3
WHERE (SELECT count(*) FROM chat_streams
       WHERE customer_id = $1 AND started_at >= now() - make_interval(secs => $5)) < $4
RETURNING id
