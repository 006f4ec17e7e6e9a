//! dynrag-cloud
