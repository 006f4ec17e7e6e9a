-- A request may hold the texts of several documents.

-- One for all lines of a request: each document's share of it is a line.
ALTER TABLE provider_calls ADD COLUMN call_id uuid NOT NULL DEFAULT gen_random_uuid();

-- What is staged is found by its text, whichever document it was paid for.
CREATE INDEX staged_embeddings_text ON staged_embeddings (customer_id, embedding_model, text_hash);
