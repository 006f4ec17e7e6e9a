-- Versions that are marked and not removed yet. $1 customer
SELECT document_id, version FROM document_versions WHERE customer_id = $1 AND retired_at IS NOT NULL
