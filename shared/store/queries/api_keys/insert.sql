-- $1 customer, $2 id, $3 name, $4 public id, $5 hash, $6 scopes, $7 default, $8 requests a minute,
-- $9 expiry, $10 the user behind it or null, $11 whether it is bound to collections
INSERT INTO api_keys (customer_id, id, name, public_id, secret_hash, scopes, is_default, requests_per_minute,
                      expires_at, created_by, bound)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
