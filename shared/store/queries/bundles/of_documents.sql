-- The bundles that hold originals of documents. $1 customer, $2 documents
SELECT DISTINCT object_id FROM document_versions
WHERE customer_id = $1 AND document_id = ANY ($2) AND bundle_offset IS NOT NULL
