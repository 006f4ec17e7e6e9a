-- $1 customer, $2 id
DELETE FROM webhooks WHERE customer_id = $1 AND id = $2
RETURNING array_remove(ARRAY[secret_version, previous_secret_version], NULL) AS versions
