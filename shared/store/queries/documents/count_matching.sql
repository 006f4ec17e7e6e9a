-- The number of documents that match. Braces mark the insertion of matching.sql. $1 to $17 as there
SELECT count(*) AS documents FROM documents d
WHERE {matching}
