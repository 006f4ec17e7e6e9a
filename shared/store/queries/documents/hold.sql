-- $1 customers, $2 documents, $3 versions, each as many; $4 seconds
SELECT hold_documents($1, $2, $3, $4) AS held
