-- The use of a token deletes all tokens of its purpose. $1 customer, $2 user, $3 purpose
DELETE FROM mail_tokens WHERE customer_id = $1 AND user_id = $2 AND purpose = $3
