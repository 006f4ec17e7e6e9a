-- Versions that are made from a document's own past: processed anew, or restored.

-- Null: its own. A version made from an earlier one's original finds it where that one put it.
ALTER TABLE document_versions ADD COLUMN original_version integer CHECK (original_version > 0);
-- Published even where its content is the published one's, for title, metadata or chunking.
ALTER TABLE document_versions ADD COLUMN reprocess boolean NOT NULL DEFAULT false;
