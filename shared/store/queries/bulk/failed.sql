-- $1 customer, $2 job, $3 documents, $4 their codes
UPDATE bulk_documents b SET code = t.code
FROM unnest($3::uuid[], $4::text[]) AS t (document_id, code)
WHERE b.customer_id = $1 AND b.job_id = $2 AND b.document_id = t.document_id
