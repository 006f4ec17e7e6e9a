-- Its foreign keys remove the remaining documents and webhooks from it. $1 customer, $2 id
DELETE FROM collections WHERE customer_id = $1 AND id = $2
