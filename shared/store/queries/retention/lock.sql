-- Versions whose retention seems to be over, locked so that no new version is made from them meanwhile.
-- $1 customer, $2 limit
SELECT w.document_id, w.version
FROM document_versions w
JOIN customer_config c ON c.customer_id = w.customer_id
WHERE w.customer_id = $1 AND w.retired_at IS NULL AND is_over(w, c.retention_days)
ORDER BY w.document_id, w.version LIMIT $2
FOR UPDATE OF w
