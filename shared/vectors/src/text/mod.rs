//! The text retriever: words, and their BM25 scores.

pub(crate) mod bm25;
pub(crate) mod tokens;
