//! The text retriever: the terms of chunks and queries, and their BM25 scores.

pub(crate) mod bm25;
pub(crate) mod words;
