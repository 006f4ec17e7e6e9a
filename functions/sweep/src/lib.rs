//! dynrag-sweep
