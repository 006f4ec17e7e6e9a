-- The table is complete and waits: releases the lease. $1 customer, $2 job, $3 fencing token, $4 seconds until it is completed again
UPDATE jobs SET lease_expires_at = NULL, attempts = 0, 
    resend_at = now() + make_interval(secs => CASE WHEN progress ->> 'switch' = 'manual' THEN $4 ELSE 0 END),
    progress = jsonb_build_object('readySince', now()) || progress
WHERE customer_id = $1 AND id = $2 AND lease_token = $3 AND finished_at IS NULL
RETURNING id
