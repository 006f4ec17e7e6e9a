-- $1 most rows
SELECT customer_id, id, version, deleting FROM sweep_documents($1)
