-- The details by which hits are cited. Deleted documents are absent. $1 customer, $2 ids
SELECT id, source_url, external_id, collection_id, file_name FROM documents
WHERE customer_id = $1 AND id = ANY ($2) AND deleted_at IS NULL
