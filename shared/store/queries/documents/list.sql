-- A page of the documents that match, in an order. The page is selected first, so that only its versions are looked up.
-- Braces mark insertions: matching.sql, and the parts that depend on the order.
-- $1 to $17 as in matching.sql, $18 limit, $19 key of the last document of the previous page or null, $20 its id or
-- null
SELECT d.id, d.title, d.source, d.external_id, d.file_name, d.source_url, d.metadata, d.collection_id, d.include_hidden, d.attachments, d.attached_to, d.status, d.stage, d.code, d.http_status,
       d.latest_version, d.published_version, d.attempts, d.created_at, d.updated_at, d.completed_at, d.deleted_at, d.purge_at,
       v.format, v.bytes, v.content_hash, v.pages, v.characters, v.chunks, v.tokens, v.embedding_model,
       v.properties, v.warnings
FROM (
    SELECT * FROM documents d
    WHERE {matching}
    AND ($20::uuid IS NULL OR ({key}, d.id) {beyond} ({value}, $20))
    ORDER BY {key} {direction}, d.id {direction}
    LIMIT $18
) d
JOIN document_versions v ON (v.customer_id, v.document_id, v.version)
    = (d.customer_id, d.id, coalesce(d.published_version, d.latest_version))
ORDER BY {key} {direction}, d.id {direction}
