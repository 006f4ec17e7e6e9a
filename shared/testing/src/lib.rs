//! dynrag-testing

pub mod openai;
pub mod reranker;
