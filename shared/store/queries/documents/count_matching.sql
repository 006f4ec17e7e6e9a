-- How many documents match. What stands in braces is matching.sql. $1 to $16 as there
SELECT count(*) AS documents FROM documents d
WHERE {matching}
