-- Decides about a table whose switch is manual. $1 customer, $2 model, $3 automatic or discard
UPDATE jobs SET progress = progress || jsonb_build_object('switch', $3::text), resend_at = now() + interval '1 minute'
WHERE customer_id = $1 AND kind = 'regenerate' AND finished_at IS NULL
  AND progress ->> 'model' = $2 AND progress ->> 'switch' = 'manual'
RETURNING id
