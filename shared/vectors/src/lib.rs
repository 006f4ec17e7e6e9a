//! dynrag-vectors
