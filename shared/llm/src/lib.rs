//! dynrag-llm
