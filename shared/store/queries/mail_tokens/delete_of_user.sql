-- A used token takes its siblings with it. $1 customer, $2 user, $3 purpose
DELETE FROM mail_tokens WHERE customer_id = $1 AND user_id = $2 AND purpose = $3
