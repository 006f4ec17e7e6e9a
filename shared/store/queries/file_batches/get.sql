-- A batch and how many of its documents, as far as they are in its collection still, have which status. $1 customer, $2 collection,
-- $3 id
SELECT b.id, b.document_ids, b.created_at, b.cancelled_at IS NOT NULL AS is_cancelled,
       cardinality(b.document_ids)::bigint AS total,
       count(d.id) FILTER (WHERE d.status = 'completed') AS completed,
       count(d.id) FILTER (WHERE d.status IN ('failed', 'needs_action')) AS failed,
       count(d.id) FILTER (WHERE d.status NOT IN ('completed', 'failed', 'needs_action')) AS in_progress
FROM file_batches b
LEFT JOIN documents d ON d.customer_id = b.customer_id AND d.id = ANY (b.document_ids) AND d.deleted_at IS NULL
    AND d.collection_id = b.collection_id
WHERE b.customer_id = $1 AND b.collection_id = $2 AND b.id = $3
GROUP BY b.customer_id, b.id
