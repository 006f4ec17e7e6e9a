-- Takes the documents of a batch that were never ready out of its collection. $1 customer, $2 collection, $3 id
WITH batch AS (
    UPDATE file_batches SET cancelled_at = coalesce(cancelled_at, now())
    WHERE customer_id = $1 AND collection_id = $2 AND id = $3
    RETURNING document_ids
), moved AS (
    UPDATE documents d SET collection_id = NULL
    FROM batch b
    WHERE d.customer_id = $1 AND d.id = ANY (b.document_ids) AND d.collection_id = $2 AND d.deleted_at IS NULL
      AND d.status NOT IN ('completed', 'failed', 'needs_action') AND d.published_version IS NULL
    RETURNING d.id
)
SELECT (SELECT count(*) FROM batch) AS batches, (SELECT array_agg(id) FROM moved) AS moved
