-- $1 customer, $2 job, $3 documents
DELETE FROM bulk_documents WHERE customer_id = $1 AND job_id = $2 AND document_id = ANY ($3)
