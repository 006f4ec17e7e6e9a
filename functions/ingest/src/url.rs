//! `POST /api/ingest/url`: adds a web page or file, or crawls a site.
//!
//! The document is created at once, and the fetch function gets its content. A crawl is a job that adds a
//! document for each page.

use std::sync::Arc;

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use dynrag_api::{
    AcceptedDocument, AddedAnswer, Answer, App, Caller, Json, Link, Query, WaitQuery,
    openapi::{self, Success},
    responses,
    scopes::DocumentsWrite,
};
use dynrag_app::documents::{self, CrawlLimits, Description};
use dynrag_domain::{
    CollectionId, Error, JobId, Result,
    config::Chunking,
    documents::{ExtractionOptions, Status},
    metadata::Metadata,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::fields;

const DEFAULT_PAGES: u32 = 50;
const MOST_PAGES: u32 = 1000;

/// A URL to fetch.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct UrlRequest {
    /// A public http or https URL.
    #[schema(min_length = 1, max_length = 2048)]
    url: String,
    /// Default: the page's own title.
    title: Option<String>,
    #[serde(default, deserialize_with = "fields::external_id")]
    #[schema(schema_with = fields::external_id_schema, required = false)]
    external_id: Option<String>,
    #[schema(value_type = Option<Object>)]
    metadata: Option<Metadata>,
    /// Chunking. Default: the collection's, else the customer's.
    chunking: Option<Chunking>,
    /// The document's collection. An existing document moves when it gets its next version.
    collection_id: Option<CollectionId>,
    /// Whether hidden content of a page or file is extracted too.
    include_hidden: Option<bool>,
    /// Whether the attachments of an email become documents of their own.
    attachments: Option<bool>,
    crawl: Option<CrawlRequest>,
}

/// Options of a crawl.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct CrawlRequest {
    /// Most pages, including the first.
    #[serde(default = "default_pages")]
    #[schema(minimum = 1, maximum = 1000, default = 50)]
    max_pages: u32,
    /// Whether to stay on this host, with or without `www.`.
    #[serde(default = "yes")]
    #[schema(default = true)]
    same_host: bool,
}

const fn default_pages() -> u32 {
    DEFAULT_PAGES
}

const fn yes() -> bool {
    true
}

/// A started crawl.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CrawlStarted {
    job_id: JobId,
    status: Status,
    /// Status of the crawl, with the number of pages and those left out.
    status_url: Link,
}

/// A document or a crawl.
#[derive(ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "for the OpenAPI document")]
enum UrlAccepted {
    /// One document.
    Document(AcceptedDocument),
    /// A crawl.
    Crawl(CrawlStarted),
}

/// A document, or a crawl.
pub(crate) enum Started {
    Document(AddedAnswer),
    Crawl(CrawlStarted),
}

impl IntoResponse for Started {
    fn into_response(self) -> Response {
        match self {
            Self::Document(outcome) => outcome.into_response(),
            Self::Crawl(started) => responses::Accepted(started).into_response(),
        }
    }
}

impl Success for Started {
    fn describe(description: &mut openapi::Description) {
        description.responds::<AcceptedDocument>(
            200,
            "OK: processing has ended, or the document is already being fetched",
        );
        description.responds::<UrlAccepted>(202, "Accepted: the work is queued");
    }
}

impl UrlRequest {
    /// Returns the normalised URL, the description of its documents, and the crawl.
    fn check(self) -> Result<(String, Description, Option<CrawlRequest>)> {
        let url = documents::check_url(&self.url)?;
        if let Some(crawl) = &self.crawl {
            if !(1..=MOST_PAGES).contains(&crawl.max_pages) {
                let detail = format!("from 1 to {MOST_PAGES}");
                return Err(Error::field("/crawl/maxPages", detail));
            }
            if self.attachments.is_some() {
                return Err(Error::field("/attachments", "not with crawl"));
            }
            for (field, given) in [
                ("/title", self.title.is_some()),
                ("/externalId", self.external_id.is_some()),
            ] {
                if given {
                    let detail = "not with crawl, because every page becomes a document of its own";
                    return Err(Error::field(field, detail));
                }
            }
        }
        let description = Description {
            title: self.title,
            external_id: self.external_id,
            metadata: self.metadata,
            chunking: self.chunking,
            collection_id: self.collection_id,
            extraction: ExtractionOptions {
                include_hidden: self.include_hidden,
                attachments: self.attachments,
            },
            ..Description::default()
        };
        Ok((url, description.check()?, self.crawl))
    }
}

/// Adds a URL, or starts a crawl from it.
pub(crate) async fn url(
    caller: Caller<DocumentsWrite>,
    State(app): State<Arc<App>>,
    Query(waiting): Query<WaitQuery>,
    Json(body): Json<UrlRequest>,
) -> Answer<Started> {
    let time = waiting.time()?;
    caller.check_budget()?;
    let (url, description, crawl) = body.check()?;
    if let Some(crawl) = crawl {
        let limits = CrawlLimits {
            max_pages: crawl.max_pages,
            same_host: crawl.same_host,
        };
        let job_id = documents::crawl(&app, &caller, url, description, limits).await?;
        return Ok(Started::Crawl(CrawlStarted {
            job_id,
            status: Status::Queued,
            status_url: Link::to_job(job_id),
        }));
    }
    let added = documents::add_url(&app, &caller, &url, &description).await?;
    let added = documents::wait(&caller, added, time).await?;
    Ok(Started::Document(added.into()))
}
