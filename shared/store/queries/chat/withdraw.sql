-- Removes what answers say that may hold the text of documents, or of versions of them, that are being removed.
-- $1 customer, $2 documents, $3 their versions; null for all versions
WITH held AS (
    SELECT DISTINCT c.session_id, c.number
    FROM chat_sources c
    JOIN unnest($2::uuid[], coalesce($3::int[], array_fill(NULL::int, ARRAY[cardinality($2)]))) AS t (document_id, version)
      ON c.document_id = t.document_id AND (t.version IS NULL OR c.version = t.version)
    WHERE c.customer_id = $1
), repeated AS (
    UPDATE responses r SET request = r.request - 'input' FROM held
    WHERE r.customer_id = $1 AND (r.session_id, r.number) = (held.session_id, held.number)
), sources AS (
    DELETE FROM chat_sources c USING held WHERE c.customer_id = $1 AND (c.session_id, c.number) = (held.session_id, held.number)
)
UPDATE chat_messages m SET content = '', sources = 0, answer = m.answer || '{"status": "withdrawn", "answer": "", "citations": [],
    "sentences": [], "sources": [], "query": ""}'
FROM held WHERE m.customer_id = $1 AND (m.session_id, m.number) = (held.session_id, held.number)
