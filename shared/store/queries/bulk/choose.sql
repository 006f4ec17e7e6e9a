-- The documents of a job: those that match now. Braces mark the insertion of matching.sql. $1 to $17 as there, $18 job
WITH chosen AS (
    INSERT INTO bulk_documents (customer_id, job_id, document_id)
    SELECT d.customer_id, $18, d.id FROM documents d
    WHERE {matching}
    RETURNING 1
)
SELECT count(*) AS documents FROM chosen
