//! Documents and collections.

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
mod undelete;
mod update;
mod versions;

use std::sync::Arc;

use dynrag_api::{App, Routes};

/// The routes of this group.
pub fn routes() -> Routes<Arc<App>> {
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
            "Get a document by external id",
            by_external_id::get,
        )
        .put(
            "documents-put-by-external-id",
            "/api/documents/by-external-id",
            "Create or update a document by external id",
            by_external_id::put,
        )
        .delete(
            "documents-delete-by-external-id",
            "/api/documents/by-external-id",
            "Delete a document by external id",
            by_external_id::delete,
        )
        .get(
            "documents-get",
            "/api/documents/{id}",
            "Get a document",
            get::get,
        )
        .get(
            "documents-status",
            "/api/documents/{id}/status",
            "Get a document's status",
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
            "Get a document's text",
            content::content,
        )
        .get(
            "documents-original",
            "/api/documents/{id}/original",
            "Get a download link for the original file",
            original::original,
        )
        .get(
            "documents-diff",
            "/api/documents/{id}/diff",
            "Compare two versions of a document",
            diff::diff,
        )
        .post(
            "documents-restore",
            "/api/documents/{id}/versions/{version}/restore",
            "Restore an earlier version",
            restore::restore,
        )
        .post(
            "documents-retry",
            "/api/documents/{id}/retry",
            "Retry a failed document",
            retry::retry,
        )
        .post(
            "documents-regenerate",
            "/api/documents/regenerate",
            "Regenerate all embeddings",
            regenerate::regenerate,
        )
        .post(
            "documents-bulk",
            "/api/documents/bulk",
            "Delete, undelete, move, retry or reprocess many documents",
            bulk::bulk,
        )
        .put(
            "documents-update",
            "/api/documents/{id}",
            "Update a document",
            update::update,
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
            "Undelete a document",
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
            "Create a collection",
            collections::create::create,
        )
        .get(
            "collections-get",
            "/api/collections/{id}",
            "Get a collection",
            collections::get::get,
        )
        .put(
            "collections-update",
            "/api/collections/{id}",
            "Update a collection",
            collections::update::update,
        )
        .delete(
            "collections-delete",
            "/api/collections/{id}",
            "Delete a collection, with or without its documents",
            collections::delete::delete,
        )
}
