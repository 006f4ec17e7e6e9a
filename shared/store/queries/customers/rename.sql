-- $1 customer, $2 company name or null
UPDATE customers SET company_name = $2 WHERE id = $1
