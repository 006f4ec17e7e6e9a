-- Marks versions whose time is over, and returns them with those that were marked before and are not gone.
-- $1 customer, $2 how many
WITH marked AS (
    UPDATE document_versions v SET retired_at = now()
    FROM (SELECT w.document_id, w.version FROM document_versions w
          JOIN customer_config c ON c.customer_id = w.customer_id
          WHERE w.customer_id = $1 AND w.retired_at IS NULL AND is_over(w, c.retention_days)
          ORDER BY w.document_id, w.version LIMIT $2 FOR UPDATE OF w) over
    WHERE v.customer_id = $1 AND (v.document_id, v.version) = (over.document_id, over.version)
    RETURNING v.document_id, v.version
)
SELECT document_id, version FROM marked
UNION
SELECT document_id, version FROM document_versions WHERE customer_id = $1 AND retired_at IS NOT NULL
