-- $1 customer, $2 user, $3 e-mail, folded, $4 address
WITH known AS (
    INSERT INTO known_addresses (customer_id, user_id, address_hash)
    VALUES ($1, $2, sha256(uuid_send($2) || $4))
    ON CONFLICT (customer_id, user_id, address_hash) DO UPDATE SET last_seen_at = now()
)
SELECT end_login($3, $4)
