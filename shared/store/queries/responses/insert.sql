-- $1 customer, $2 id, $3 session, $4 number of the answer, $5 the response that it continues or null, $6 the request
INSERT INTO responses (customer_id, id, session_id, number, previous_id, request) VALUES ($1, $2, $3, $4, $5, $6)
