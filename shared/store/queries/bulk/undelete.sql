-- Like documents/undelete.sql, for many. Skips documents whose external id or URL another document has now (of two
-- deleted ones, the one deleted last has it), and attachments of an email that stays deleted. An email is undeleted
-- with everything that was deleted with it. $1 customer, $2 ids
WITH wanted AS MATERIALIZED (
    SELECT d.id, d.deleted_at, d.external_id, CASE WHEN d.external_id IS NULL THEN d.source_url END AS url FROM documents d
    WHERE d.customer_id = $1 AND d.id = ANY ($2) AND d.purge_at IS NOT NULL
      AND (d.attached_to IS NULL OR EXISTS (
          SELECT FROM documents m WHERE m.customer_id = $1 AND m.id = d.attached_to AND m.deleted_at IS NULL))
), free AS MATERIALIZED (
    SELECT DISTINCT ON (coalesce('id ' || w.external_id, 'url ' || w.url, w.id::text)) w.id, w.deleted_at
    FROM wanted w
    WHERE NOT EXISTS (
        SELECT FROM documents o WHERE o.customer_id = $1 AND o.deleted_at IS NULL
          AND (o.external_id = w.external_id OR o.external_id IS NULL AND o.source_url = w.url))
    ORDER BY coalesce('id ' || w.external_id, 'url ' || w.url, w.id::text), w.deleted_at DESC, w.id
), attached AS MATERIALIZED (
    SELECT a.id FROM documents a JOIN free ON a.attached_to = free.id
    WHERE a.customer_id = $1 AND a.purge_at IS NOT NULL AND (a.deleted_at = free.deleted_at OR a.id = ANY ($2))
)
UPDATE documents d
SET deleted_at = NULL, purge_at = NULL, lease_token = lease_token + 1, lane = 'bulk',
    status = CASE WHEN status = 'processing' THEN 'queued' ELSE status END, stage = NULL, lease_expires_at = NULL,
    put_off_at = NULL,
    attempts = CASE WHEN status IN ('queued', 'processing') THEN 0 ELSE attempts END,
    resend_at = CASE WHEN status IN ('queued', 'processing') THEN now() + interval '14 minutes' END
FROM (SELECT id FROM free UNION SELECT id FROM attached) back
WHERE d.customer_id = $1 AND d.id = back.id AND d.purge_at IS NOT NULL
RETURNING d.id, d.status, d.latest_version AS version,
    (SELECT v.to_fetch FROM document_versions v
     WHERE (v.customer_id, v.document_id, v.version) = (d.customer_id, d.id, d.latest_version)) AS to_fetch
