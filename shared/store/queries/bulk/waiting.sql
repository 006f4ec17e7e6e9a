-- $1 customer, $2 job, $3 limit
SELECT document_id FROM bulk_documents WHERE customer_id = $1 AND job_id = $2 AND code IS NULL
ORDER BY document_id LIMIT $3
