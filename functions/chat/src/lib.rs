//! Conversations, and ratings of answers.

mod feedback;
mod sessions;

use std::sync::Arc;

use dynrag_api::{App, Routes};

/// The routes of this group.
pub fn routes() -> Routes<Arc<App>> {
    Routes::new()
        .get(
            "chat-list-sessions",
            "/api/chat/sessions",
            "List your conversations",
            sessions::list,
        )
        .get(
            "chat-get-session",
            "/api/chat/sessions/{id}",
            "Get a conversation",
            sessions::get,
        )
        .put(
            "chat-rename-session",
            "/api/chat/sessions/{id}",
            "Rename a conversation",
            sessions::rename,
        )
        .delete(
            "chat-delete-session",
            "/api/chat/sessions/{id}",
            "Delete a conversation",
            sessions::delete,
        )
        .put(
            "chat-rate",
            "/api/chat/sessions/{id}/messages/{number}/feedback",
            "Rate an answer",
            feedback::rate,
        )
        .get(
            "chat-list-feedback",
            "/api/chat/feedback",
            "List ratings of answers",
            feedback::list,
        )
}
