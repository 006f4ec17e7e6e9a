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
        .get(
            "documents-list",
            "/api/documents",
            "List documents",
            list::list,
        )
        .get(
            "documents-get",
            "/api/documents/{id}",
            "Show a document",
            get::get,
        )
        .get(
            "documents-status",
            "/api/documents/{id}/status",
            "Show where a document stands",
            status::status,
        )
        .delete(
            "documents-delete",
            "/api/documents/{id}",
            "Delete a document",
            delete::delete,
        )
}
