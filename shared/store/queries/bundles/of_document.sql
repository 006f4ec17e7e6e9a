-- The bundles that hold originals of a document. $1 customer, $2 document
SELECT DISTINCT object_id FROM document_versions
WHERE customer_id = $1 AND document_id = $2 AND bundle_offset IS NOT NULL
