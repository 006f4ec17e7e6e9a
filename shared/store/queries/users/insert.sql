-- $1 customer, $2 user, $3 e-mail, folded and verified, $4 password hash, $5 role
INSERT INTO users (customer_id, id, email, password_hash, role, email_verified_at)
VALUES ($1, $2, $3, $4, $5, now())
