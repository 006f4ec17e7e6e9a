//! dynrag-migrate
