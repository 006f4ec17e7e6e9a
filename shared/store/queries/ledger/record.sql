-- Writes requests to a provider down, and counts those that were answered. $1 customer, $2 the calls
WITH calls AS (
    SELECT * FROM jsonb_to_recordset($2) AS c (operation text, document_id uuid, version integer, job_id uuid, stage text,
        model text, attempt integer, inputs integer, outcome text, tokens bigint, price_version text, nano_usd bigint)
), written AS (
    INSERT INTO provider_calls (customer_id, operation, document_id, version, job_id, stage, model, attempt, inputs,
                                outcome, tokens, price_version, nano_usd)
    SELECT $1, operation, document_id, version, job_id, stage, model, attempt, inputs, outcome, tokens, price_version,
           nano_usd
    FROM calls
)
SELECT record_spend($1, operation, tokens, nano_usd) FROM calls WHERE outcome = 'ok'
