-- Its foreign keys take the documents and webhooks that are left out of it. $1 customer, $2 id
DELETE FROM collections WHERE customer_id = $1 AND id = $2
