-- $1 customer, $2 ids, $3 titles, $4 external ids or nulls, $5 metadata, $6 created by, $7 chunking or nulls,
-- $8 collections or nulls, $9 whether hidden content is read, or nulls, $10 whether their attachments become
-- documents, or nulls, $11 who adds them, or null
INSERT INTO documents (customer_id, id, title, source, external_id, metadata, status, created_by, lane, chunking,
                       collection_id, include_hidden, attachments, title_given, added_by, resend_at)
SELECT $1, t.id, t.title, 'api', t.external_id, t.metadata, 'queued', $6, 'bulk', t.chunking, t.collection_id,
       coalesce(t.include_hidden, false), coalesce(t.attachments, false), true, $11, now() + interval '14 minutes'
FROM unnest($2::uuid[], $3::text[], $4::text[], $5::jsonb[], $7::jsonb[], $8::uuid[], $9::boolean[],
            $10::boolean[])
    AS t (id, title, external_id, metadata, chunking, collection_id, include_hidden, attachments)
