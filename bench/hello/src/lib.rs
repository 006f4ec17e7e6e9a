//! dynrag-hello
