-- Opens a connection, unless the customer has as many as it may; at the same moment a few more may be. None is returned for a
-- session that has ended or a key that was revoked. $1 customer, $2 connection, $3 session, $4 API key, $5 most
WITH opened AS (
    INSERT INTO connections (customer_id, id, session_id, api_key_id)
    SELECT $1, $2, $3, $4 WHERE (SELECT count(*) FROM connections WHERE customer_id = $1) < $5
    RETURNING *
)
SELECT is_admitted(opened) AS admitted FROM opened
