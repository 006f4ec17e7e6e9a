-- $1 customer, $2 lance version, $3 rows, $4 model, $5 dimensions
UPDATE index_versions
SET lance_version = $2, row_count = $3, embedding_model = $4, dimensions = $5
WHERE customer_id = $1 AND table_name = 'chunks'
