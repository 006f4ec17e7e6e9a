-- A deleted document that can be undeleted, and its email. $1 customer, $2 id
SELECT deleted_at, attached_to FROM documents WHERE customer_id = $1 AND id = $2 AND purge_at IS NOT NULL
