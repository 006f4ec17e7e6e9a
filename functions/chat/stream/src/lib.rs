//! Answers to questions as server-sent events: what was found, the text as a model writes it, the answer with its citations.

mod ask;
mod echo;
mod events;
mod making;
mod resume;

use dynrag_api::{AppWith, Routes};
use dynrag_retrieval::Retriever;

/// The routes of this group.
pub fn routes() -> Routes<AppWith<Retriever>> {
    Routes::new().post_streamed(
        "chat-stream",
        "/api/chat/stream",
        "Ask a question, and read the answer as it is written",
        ask::chat,
    )
}
