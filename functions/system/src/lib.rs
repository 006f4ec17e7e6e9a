//! dynrag-system
