-- $1 customer, $2 token, $3 purpose, $4 hash
SELECT user_id, invitation_id FROM mail_tokens
WHERE customer_id = $1 AND id = $2 AND purpose = $3 AND token_hash = $4 AND expires_at > now()
FOR UPDATE
