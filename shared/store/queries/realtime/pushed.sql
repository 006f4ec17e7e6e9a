-- $1 customer, $2 events that were delivered, $3 connections that have ended
WITH ended AS (DELETE FROM connections WHERE customer_id = $1 AND id = ANY ($3))
DELETE FROM pushes WHERE customer_id = $1 AND (id = ANY ($2) OR connection_id = ANY ($3))
