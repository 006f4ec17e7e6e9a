-- The bundles that hold originals of marked versions. $1 customer
SELECT DISTINCT object_id FROM document_versions
WHERE customer_id = $1 AND retired_at IS NOT NULL AND bundle_offset IS NOT NULL
