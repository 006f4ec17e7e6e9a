//! dynrag-embed
