-- The customer's document limit and how many there are, under a lock that makes the count exact:
-- two uploads at the limit do not both get in. $1 customer
WITH config AS (
    SELECT max_documents FROM customer_config WHERE customer_id = $1 FOR NO KEY UPDATE
)
SELECT max_documents, (SELECT count(*) FROM documents WHERE customer_id = $1 AND deleted_at IS NULL) AS documents
FROM config
