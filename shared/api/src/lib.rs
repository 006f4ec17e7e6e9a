//! dynrag-api
