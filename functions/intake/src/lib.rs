//! dynrag-intake
