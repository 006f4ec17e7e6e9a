-- Records provider calls, and counts those that were charged, or may have been, each once however many lines it has: the
-- successful ones, and chat completions that broke off.
-- $1 customer, $2 the lines
WITH lines AS (
    SELECT * FROM jsonb_to_recordset($2) AS c (call_id uuid, operation text, document_id uuid, version integer,
        job_id uuid, stage text, model text, attempt integer, inputs integer, outcome text, tokens bigint,
        cached_tokens bigint, output_tokens bigint, price_version text, nano_usd bigint, paid_by text, asked_by uuid,
        chat_session_id uuid)
), written AS (
    INSERT INTO provider_calls (customer_id, call_id, operation, document_id, version, job_id, stage, model, attempt,
                                inputs, outcome, tokens, cached_tokens, output_tokens, price_version, nano_usd, paid_by,
                                asked_by, chat_session_id)
    SELECT $1, call_id, operation, document_id, version, job_id, stage, model, attempt, inputs, outcome, tokens,
           cached_tokens, output_tokens, price_version, nano_usd, paid_by, asked_by, chat_session_id
    FROM lines
), calls AS (
    SELECT operation, sum(tokens)::bigint AS tokens, sum(nano_usd)::bigint AS nano_usd,
           coalesce(sum(nano_usd) FILTER (WHERE paid_by = 'platform'), 0)::bigint AS platform_nano_usd
    FROM lines WHERE outcome = 'ok' OR tokens > 0 GROUP BY call_id, operation
)
SELECT record_spend($1, operation, tokens, nano_usd, platform_nano_usd) FROM calls
