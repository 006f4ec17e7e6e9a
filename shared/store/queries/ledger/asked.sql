-- What a caller's calls of chat models cost this month, and those of a conversation. $1 customer, $2 user or key, $3 conversation
SELECT (SELECT coalesce(sum(nano_usd), 0)::bigint FROM provider_calls
        WHERE customer_id = $1 AND asked_by = $2 AND at >= date_trunc('month', now(), 'UTC')) AS by_caller,
       (SELECT coalesce(sum(nano_usd), 0)::bigint FROM provider_calls
        WHERE customer_id = $1 AND chat_session_id = $3) AS in_session
