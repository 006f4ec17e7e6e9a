-- More formats are read.

ALTER TABLE document_versions DROP CONSTRAINT document_versions_format_check;
ALTER TABLE document_versions ADD CHECK (format IN
    ('pdf', 'txt', 'html', 'md', 'docx', 'pptx', 'xlsx', 'csv', 'json', 'epub', 'eml', 'rtf', 'odt')) NOT VALID;
