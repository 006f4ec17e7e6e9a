-- Documents that can be undeleted count. $1 customer
SELECT count(*) AS documents FROM documents WHERE customer_id = $1 AND (deleted_at IS NULL OR purge_at IS NOT NULL)
