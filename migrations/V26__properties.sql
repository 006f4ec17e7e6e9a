-- What a file says of itself: author, language, dates.
ALTER TABLE document_versions ADD COLUMN properties jsonb CHECK (jsonb_typeof(properties) = 'object');
