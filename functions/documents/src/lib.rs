//! Reading and deleting documents.

mod body;
mod content;
mod delete;
mod diff;
mod get;
mod list;
mod restore;
mod retry;
mod status;
pub mod timeline;
mod versions;

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
        .get(
            "documents-versions",
            "/api/documents/{id}/versions",
            "List a document's versions",
            versions::versions,
        )
        .get(
            "documents-content",
            "/api/documents/{id}/content",
            "Show a document's text",
            content::content,
        )
        .get(
            "documents-diff",
            "/api/documents/{id}/diff",
            "Show what changed between two versions",
            diff::diff,
        )
        .post(
            "documents-restore",
            "/api/documents/{id}/versions/{version}/restore",
            "Make an earlier version the newest",
            restore::restore,
        )
        .post(
            "documents-retry",
            "/api/documents/{id}/retry",
            "Try a document again that ended badly",
            retry::retry,
        )
        .delete(
            "documents-delete",
            "/api/documents/{id}",
            "Delete a document",
            delete::delete,
        )
}
