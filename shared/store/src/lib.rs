//! dynrag-store
