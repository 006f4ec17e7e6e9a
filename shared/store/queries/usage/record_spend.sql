-- $1 customer, $2 operation, $3 tokens, $4 billionths of a dollar
SELECT record_spend($1, $2, $3, $4)
