-- $1 customer, $2 id, $3 collection, $4 documents
INSERT INTO file_batches (customer_id, id, collection_id, document_ids) VALUES ($1, $2, $3, $4)
