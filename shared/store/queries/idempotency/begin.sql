-- A row: this request is the first, or the first one's function died and this one takes its place.
-- $1 customer, $2 principal, $3 route, $4 key, $5 hash of the request, $6 lease in seconds
INSERT INTO idempotency_keys AS k (customer_id, principal_id, route, key, request_hash, lease_expires_at)
VALUES ($1, $2, $3, $4, $5, now() + make_interval(secs => $6))
ON CONFLICT (customer_id, principal_id, route, key) DO UPDATE
    SET request_hash = excluded.request_hash, answer_status = NULL, answer = NULL,
        lease_expires_at = excluded.lease_expires_at, created_at = now()
    WHERE k.created_at < now() - interval '24 hours'
       OR (k.answer_status IS NULL AND k.lease_expires_at <= now() AND k.request_hash = excluded.request_hash)
RETURNING key
