-- $1 customer, $2 id, $3 actor's kind, $4 actor, $5 action, $6 target, $7 details
INSERT INTO audit_log (customer_id, id, actor_kind, actor_id, action, target_id, details)
VALUES ($1, $2, $3, $4, $5, $6, $7)
