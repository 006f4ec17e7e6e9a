-- $1 how many
SELECT customer_id, id, version, deleting, lane FROM sweep_documents($1)
