//! dynrag-worker
