//! Reading and deleting documents, and the collections they belong to.

mod body;
mod bulk;
mod by_external_id;
mod collections;
mod content;
mod delete;
mod diff;
mod get;
mod list;
mod original;
mod regenerate;
mod restore;
mod retry;
mod several;
mod status;
pub mod timeline;
mod undelete;
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
            "documents-get-by-external-id",
            "/api/documents/by-external-id",
            "Show the document that has an external id",
            by_external_id::get,
        )
        .delete(
            "documents-delete-by-external-id",
            "/api/documents/by-external-id",
            "Delete the document that has an external id",
            by_external_id::delete,
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
            "documents-original",
            "/api/documents/{id}/original",
            "Get a link to a document's original file",
            original::original,
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
        .post(
            "documents-regenerate",
            "/api/documents/regenerate",
            "Regenerate the embeddings of all documents",
            regenerate::regenerate,
        )
        .post(
            "documents-bulk",
            "/api/documents/bulk",
            "Delete, undelete, move or process many documents",
            bulk::bulk,
        )
        .delete(
            "documents-delete",
            "/api/documents/{id}",
            "Delete a document",
            delete::delete,
        )
        .post(
            "documents-undelete",
            "/api/documents/{id}/undelete",
            "Take a document's deletion back",
            undelete::undelete,
        )
        .get(
            "collections-list",
            "/api/collections",
            "List collections",
            collections::list::list,
        )
        .post(
            "collections-create",
            "/api/collections",
            "Make a collection",
            collections::create::create,
        )
        .get(
            "collections-get",
            "/api/collections/{id}",
            "Show a collection",
            collections::get::get,
        )
        .put(
            "collections-update",
            "/api/collections/{id}",
            "Change a collection",
            collections::update::update,
        )
        .delete(
            "collections-delete",
            "/api/collections/{id}",
            "Delete a collection, with its documents or without",
            collections::delete::delete,
        )
}
