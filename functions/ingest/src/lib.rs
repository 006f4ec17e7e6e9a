//! dynrag-ingest
