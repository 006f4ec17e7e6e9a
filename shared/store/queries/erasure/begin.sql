-- Hides the customer, forgets the key of its secrets, fences off whoever works for it. $1 customer
WITH customer AS (
    UPDATE customers SET status = 'deleted', wrapped_data_key = NULL, erase_at = now() + interval '2 minutes'
    WHERE id = $1 AND status <> 'deleted' RETURNING id
), secrets AS (
    DELETE FROM customer_secrets USING customer WHERE customer_id = customer.id
), keys AS (
    UPDATE api_keys SET revoked_at = now() FROM customer
    WHERE api_keys.customer_id = customer.id AND revoked_at IS NULL
), documents AS (
    UPDATE documents
    SET deleted_at = now(), lease_token = lease_token + 1, resend_at = NULL, upload_expires_at = NULL,
        status = CASE WHEN status = 'awaiting_upload' THEN 'queued' ELSE status END
    FROM customer WHERE documents.customer_id = customer.id AND deleted_at IS NULL
)
SELECT id FROM customer
