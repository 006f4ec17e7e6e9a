-- $1 codes, $2 customer or null, $3 ended since or null, $4 ended before
SELECT code, documents FROM count_redrivable($1, $2, $3, $4)
