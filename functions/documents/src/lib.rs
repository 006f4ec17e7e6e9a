//! dynrag-documents
