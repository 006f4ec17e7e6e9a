-- $1 codes, $2 customer or null, $3 ended since or null, $4 ended before, $5 most rows
SELECT redrive_documents($1, $2, $3, $4, $5) AS queued
