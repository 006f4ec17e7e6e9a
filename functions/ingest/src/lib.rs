//! Ingestion: text as JSON, single or in batches, a file as multipart, presigned uploads to S3, web pages, and payloads
//! of webhooks.

mod batch;
mod document;
mod fields;
mod file;
mod incoming;
mod payload;
mod presigned_url;
mod url;
mod webhook;

use std::sync::Arc;

use dynrag_api::{App, Routes};

/// The routes of this group.
pub fn routes() -> Routes<Arc<App>> {
    Routes::new()
        .post(
            "ingest-document",
            "/api/ingest/document",
            "Add a text document",
            document::document,
        )
        .post(
            "ingest-batch",
            "/api/ingest/batch",
            "Add up to 500 text documents",
            batch::batch,
        )
        .post(
            "ingest-file",
            "/api/ingest/file",
            "Upload a file",
            file::file,
        )
        .post(
            "ingest-file",
            "/api/docs/upload",
            "Upload a file",
            file::file,
        )
        .post(
            "ingest-url",
            "/api/ingest/url",
            "Add a web page or crawl a site",
            url::url,
        )
        .post(
            "ingest-webhook",
            "/api/ingest/webhook",
            "Add a document from any payload",
            webhook::by_key,
        )
        .post(
            "ingest-webhook-receive",
            "/api/ingest/webhook/{webhookId}",
            "Receive a document at a webhook's own URL",
            webhook::receive,
        )
        .get(
            "ingest-presigned-url",
            "/api/ingest/presigned-url",
            "Create a presigned upload",
            presigned_url::by_query,
        )
        .post(
            "ingest-presigned-url",
            "/api/ingest/presigned-url",
            "Create a presigned upload",
            presigned_url::by_body,
        )
}
