//! dynrag-testing
