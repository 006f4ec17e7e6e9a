-- $1 customer, $2 ids, $3 actor's kind, $4 actor, $5 actions, $6 targets, $7 details
INSERT INTO audit_log (customer_id, id, actor_kind, actor_id, action, target_id, details)
SELECT $1, t.id, $3, $4, t.action, t.target, t.details
FROM unnest($2::uuid[], $5::text[], $6::uuid[], $7::jsonb[]) AS t (id, action, target, details)
