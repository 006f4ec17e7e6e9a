-- A version whose content is still to be fetched; its format is detected from it. $1 customer, $2 document, $3 version,
-- $4 object
INSERT INTO document_versions (customer_id, document_id, version, object_id, format, to_fetch)
VALUES ($1, $2, $3, $4, 'html', true)
