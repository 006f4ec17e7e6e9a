//! dynrag-auth
