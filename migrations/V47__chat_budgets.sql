-- Budgets of answers: of a caller in a month, and of a conversation.

ALTER TABLE customer_config
    ADD COLUMN chat_user_budget_usd numeric(12, 6) CHECK (chat_user_budget_usd >= 0),
    ADD COLUMN chat_session_budget_usd numeric(12, 6) CHECK (chat_session_budget_usd >= 0);

-- Of calls of chat models: the user or the key that asked, and the conversation. What was paid for stays when they are deleted.
ALTER TABLE provider_calls ADD COLUMN asked_by uuid, ADD COLUMN chat_session_id uuid;
CREATE INDEX provider_calls_asked_by ON provider_calls (customer_id, asked_by, at) WHERE asked_by IS NOT NULL;
CREATE INDEX provider_calls_chat_session ON provider_calls (customer_id, chat_session_id) WHERE chat_session_id IS NOT NULL;
