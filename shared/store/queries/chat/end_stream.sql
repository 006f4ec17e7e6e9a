-- $1 customer, $2 id
DELETE FROM chat_streams WHERE customer_id = $1 AND id = $2
