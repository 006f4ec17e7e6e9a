//! dynrag-tests
