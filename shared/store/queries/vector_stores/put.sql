-- Puts documents that are in no collection into one. $1 customer, $2 collection, $3 documents
UPDATE documents SET collection_id = $2
WHERE customer_id = $1 AND id = ANY ($3) AND collection_id IS NULL AND deleted_at IS NULL AND status <> 'awaiting_upload'
RETURNING id
