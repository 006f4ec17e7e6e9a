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
    Answer, Caller, Context, Json, Link, Query,
    answers::{self, Either},
    openapi::{self, Success},
    scopes::DocumentsWrite,
};
use dynrag_config::WebConfig;
use dynrag_domain::{
    CollectionId, Error, JobId, Kind, Result,
    config::Chunking,
    documents::{Format, OnDuplicate, Reading, Source, Status},
    jobs::Lane,
    metadata::Metadata,
};
use dynrag_store::{admission::Admission, crawls::Crawl, fetches::AddedUrl, uploads::NewDocument};
use dynrag_web::{Policy, normalise, parse_url};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    accept::{Accepted, Outcome},
    fields::{self, Description},
    wait::{Waiting, hold},
};

const RACES: usize = 5;
const DEFAULT_PAGES: u32 = 50;
const MOST_PAGES: u32 = 1000;

/// What to fetch.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = UrlRequest)]
pub(crate) struct Body {
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
    crawl: Option<CrawlBody>,
}

/// Pages to follow from there.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = CrawlRequest)]
struct CrawlBody {
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
#[schema(as = UrlAccepted)]
#[serde(untagged)]
#[expect(dead_code, reason = "for the OpenAPI document")]
enum Begun {
    /// One document.
    Document(Accepted),
    /// A crawl.
    Crawl(CrawlStarted),
}

/// A document, or a crawl.
pub(crate) enum Started {
    Document(Outcome),
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
        description.answers::<Accepted>(200, "The document has ended, or is being fetched already");
        description.answers::<Begun>(202, "Accepted: the work is queued");
    }
}

impl Body {
    /// The address, normalised, and what describes the documents.
    fn check(self) -> Result<(String, Description, Option<CrawlBody>)> {
        let mut policy = Policy::default();
        for pair in WebConfig::from_env().allow {
            policy = policy.with_allowed(&pair).map_err(Error::internal_fault)?;
        }
        let url = parse_url(&self.url).and_then(|url| policy.check(&url).map(|()| url));
        let url = url.map_err(|error| Error::field("/url", error.to_string()))?;
        let url = String::from(normalise(&url));
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
            fallback_title: None,
            external_id: self.external_id,
            metadata: self.metadata,
            on_duplicate: OnDuplicate::Skip,
            chunking: self.chunking,
            collection_id: self.collection_id,
            reading: Reading {
                include_hidden: self.include_hidden,
                attachments: self.attachments,
            },
            password: None,
        };
        Ok((url, description.check()?, self.crawl))
    }
}

/// Takes an address.
pub(crate) async fn url(
    caller: Caller<DocumentsWrite>,
    State(context): State<Arc<Context>>,
    Query(waiting): Query<Waiting>,
    Json(body): Json<Body>,
) -> Answer<Started> {
    let time = waiting.time()?;
    caller.check_budget()?;
    let (url, description, crawl) = body.check()?;
    if let Some(crawl) = crawl {
        return Ok(Started::Crawl(
            begin(&context, &caller, url, description, &crawl).await?,
        ));
    }
    let outcome = add(&context, &caller, &url, &description).await?;
    let outcome = hold(&caller, outcome, time).await?;
    Ok(Started::Document(outcome))
}

async fn begin(
    context: &Context,
    caller: &Admission,
    url: String,
    description: Description,
    body: &CrawlBody,
) -> Result<CrawlStarted> {
    let crawl = Crawl {
        url,
        max_pages: body.max_pages,
        same_host: body.same_host,
        metadata: description.metadata,
        chunking: description.chunking,
        collection_id: caller.place(description.collection_id)?.collection(),
        bound: caller.collections.is_some(),
        include_hidden: description.reading.include_hidden,
    };
    let store = caller.store();
    let actor = caller.principal.into();
    let (job_id, pending) = store.add_crawl(caller.customer_id, actor, &crawl).await?;
    context.dispatch(&pending).await;
    Ok(CrawlStarted {
        job_id,
        status: Status::Queued,
        status_url: Link::to_job(job_id),
    })
}

async fn add(
    context: &Context,
    caller: &Admission,
    url: &str,
    description: &Description,
) -> Result<Outcome> {
    let new = NewDocument {
        // Until the content says what it is called.
        title: description
            .title
            .as_deref()
            .unwrap_or(&url[..url.floor_char_boundary(512)]),
        title_given: description.title.is_some(),
        source: Source::Url,
        format: Format::Html,
        external_id: description.external_id.as_deref(),
        file_name: None,
        metadata: description.metadata.as_ref(),
        source_url: Some(url),
        chunking: description.chunking,
        place: caller.place(description.collection_id)?,
        reading: description.reading,
        attached_to: None,
        password: None,
        reprocess: false,
        lane: Lane::Single,
        actor: caller.principal.into(),
    };
    let store = caller.store();
    for _ in 0..RACES {
        match store
            .add_url(caller.customer_id, &new, Uuid::new_v4())
            .await?
        {
            AddedUrl::Queued(id, pending) => {
                context.dispatch(&pending).await;
                return Ok(Either::This(answers::Accepted(Accepted::new(
                    id,
                    Status::Queued,
                ))));
            }
            AddedUrl::UnderWay(id, status) => {
                return Ok(Either::That(Json(Accepted {
                    duplicate: true,
                    ..Accepted::new(id, status)
                })));
            }
            AddedUrl::Raced => {}
        }
    }
    Err(Error::new(
        Kind::Conflict,
        "busy_document",
        "Others keep changing this document. Try again.",
    ))
}
