//! dynrag-extract
