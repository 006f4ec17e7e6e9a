//! Reading and deleting documents.

mod body;
mod delete;
mod get;
mod list;
mod status;

use std::sync::Arc;

use dynrag_api::{Context, Routes};

/// The routes of this group.
pub fn routes() -> Routes<Arc<Context>> {
    Routes::new()
        .get("documents-list", "/api/documents", list::list)
        .get("documents-get", "/api/documents/{id}", get::get)
        .get(
            "documents-status",
            "/api/documents/{id}/status",
            status::status,
        )
        .delete("documents-delete", "/api/documents/{id}", delete::delete)
}
