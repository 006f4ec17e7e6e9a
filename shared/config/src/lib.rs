//! dynrag-config
