-- Streamed answers are found again by their id, for a client whose connection broke. Null for those that were not streamed.

ALTER TABLE chat_messages ADD COLUMN answer_id uuid CHECK (answer_id IS NULL OR role = 'assistant');
CREATE UNIQUE INDEX chat_messages_answer ON chat_messages (customer_id, answer_id) WHERE answer_id IS NOT NULL;
