-- $1 customer, $2 before (with $3), $3 id before, $4 limit
SELECT id, at, actor_kind, actor_id, action, target_id, details
FROM audit_log
WHERE customer_id = $1 AND ($2::timestamptz IS NULL OR (at, id) < ($2, $3))
ORDER BY at DESC, id DESC
LIMIT $4
