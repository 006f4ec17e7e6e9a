//! Server-sent events of document progress.

mod documents;
mod follow;

use std::sync::Arc;

use dynrag_api::{App, Routes};

/// The routes of this group.
pub fn routes() -> Routes<Arc<App>> {
    Routes::new().get_streamed(
        "documents-events",
        "/api/documents/{id}/events",
        "Stream a document's progress",
        documents::events,
    )
}
