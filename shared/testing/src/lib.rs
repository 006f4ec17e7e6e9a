//! dynrag-testing

pub mod openai;
