//! `POST /api/ingest/url`: a page or file of the web, or a site from there on.
//!
//! The document exists from now on; the fetch function gets its content. For a crawl a job exists, and
//! documents as pages are fetched.

use std::sync::Arc;

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use dynrag_api::{
    AcceptedDocument, AddedAnswer, Answer, App, Caller, Json, Link, Query, WaitQuery, answers,
    openapi::{self, Success},
    scopes::DocumentsWrite,
};
use dynrag_app::documents::{self, CrawlLimits, Description};
use dynrag_domain::{
    CollectionId, Error, JobId, Result,
    config::Chunking,
    documents::{Reading, Status},
    metadata::Metadata,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::fields;

const DEFAULT_PAGES: u32 = 50;
const MOST_PAGES: u32 = 1000;

/// What to fetch.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct UrlRequest {
    /// A public http or https address.
    #[schema(min_length = 1, max_length = 2048)]
    url: String,
    /// The page's own where it is left out.
    title: Option<String>,
    #[serde(default, deserialize_with = "fields::external_id")]
    #[schema(schema_with = fields::external_id_schema, required = false)]
    external_id: Option<String>,
    #[schema(value_type = Option<Object>)]
    metadata: Option<Metadata>,
    /// As its collection's or the customer's documents are, where it is left out.
    chunking: Option<Chunking>,
    /// The collection it is to belong to; a document that is there moves with its next version.
    collection_id: Option<CollectionId>,
    /// Whether what a page or file hides is read too.
    include_hidden: Option<bool>,
    /// Whether the attachments of a mail become documents of their own.
    attachments: Option<bool>,
    crawl: Option<CrawlRequest>,
}

/// Pages to follow from there.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct CrawlRequest {
    /// Pages it may come to, this one included.
    #[serde(default = "default_pages")]
    #[schema(minimum = 1, maximum = 1000, default = 50)]
    max_pages: u32,
    /// Whether it stays on this host, with or without `www.`.
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

/// A crawl that has begun.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CrawlStarted {
    job_id: JobId,
    status: Status,
    /// Tells how many pages there are, and which were left out.
    status_url: Link,
}

/// What is shown of either.
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
            Self::Crawl(started) => answers::Accepted(started).into_response(),
        }
    }
}

impl Success for Started {
    fn describe(description: &mut openapi::Description) {
        description.answers::<AcceptedDocument>(
            200,
            "The document has ended, or is being fetched already",
        );
        description.answers::<UrlAccepted>(202, "Accepted: the work is queued");
    }
}

impl UrlRequest {
    /// The URL, normalised, the description of its documents, and the crawl.
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
                    let detail = "not with crawl: every page is a document of its own";
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
            reading: Reading {
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
