-- $1 customer, $2 document, $3 version, $4 extracted
INSERT INTO document_texts (customer_id, document_id, version, extracted) VALUES ($1, $2, $3, $4)
ON CONFLICT (customer_id, document_id, version) DO UPDATE SET extracted = excluded.extracted
