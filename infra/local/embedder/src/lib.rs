//! dynrag-embedder
