-- $1 most rows
SELECT customer_id, id, version, deleting, lane, to_fetch FROM sweep_documents($1)
