//! Answers to questions, from a customer's published documents: the part of the chat group that needs LanceDB.

mod chat;

use dynrag_api::{AppWith, Routes};
use dynrag_retrieval::Retriever;

/// The routes of this group.
pub fn routes() -> Routes<AppWith<Retriever>> {
    Routes::new().post("chat", "/api/chat", "Ask a question", chat::chat)
}
