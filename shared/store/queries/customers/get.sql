-- $1 customer
SELECT c.id, c.company_name, c.status, c.created_at,
       EXISTS (SELECT 1 FROM customer_secrets s WHERE s.customer_id = c.id AND s.purpose = 'openai_key') AS has_openai_key
FROM customers c WHERE c.id = $1
