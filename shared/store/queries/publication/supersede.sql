-- $1 customer, $2 documents, $3 when
UPDATE document_versions SET status = 'superseded', superseded_at = $3
WHERE customer_id = $1 AND document_id = ANY ($2) AND status = 'published'
