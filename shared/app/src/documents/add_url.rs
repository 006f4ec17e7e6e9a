//! Adds a web page or file, or crawls a site from there.
//!
//! The document is created at once, and the fetch function gets its content. A crawl is a job that adds a document for
//! each page.

use dynrag_domain::{
    Error, JobId, Result,
    documents::{Format, Source},
};
use dynrag_store::{admission::Admission, crawls::Crawl, fetches::AddedUrl, uploads::NewDocument};
use dynrag_web::{normalise, parse_url};
use uuid::Uuid;

use super::{ATTEMPTS, AddedDocument, Description, busy};
use crate::{App, web_policy};

/// Longest title made from a URL, in bytes.
const MAX_URL_TITLE: usize = 512;

/// Options of a crawl.
#[derive(Clone, Copy, Debug)]
pub struct CrawlLimits {
    /// Most pages, including the first.
    pub max_pages: u32,
    /// Whether to stay on the first page's host, with or without `www.`.
    pub same_host: bool,
}

/// Checks that a URL may be fetched, and normalises it.
///
/// # Errors
/// `invalid_fields`; `internal_error` if the allowed hosts are misconfigured.
pub fn check_url(url: &str) -> Result<String> {
    let policy = web_policy()?;
    let url = parse_url(url).and_then(|url| policy.check(&url).map(|()| url));
    let url = url.map_err(|error| Error::field("/url", error.to_string()))?;
    Ok(String::from(normalise(&url)))
}

/// Queues the fetch of a URL that [`check_url`] has normalised.
///
/// # Errors
/// `budget_exceeded`, `platform_budget_exceeded` (payment required); `document_limit`, `source_url_taken` and
/// `busy_document` (conflict); `invalid_fields`; `unavailable`.
pub async fn add_url(
    app: &App,
    caller: &Admission,
    url: &str,
    description: &Description,
) -> Result<AddedDocument> {
    caller.check_budget()?;
    // Until the content has a title.
    let title = &url[..url.floor_char_boundary(MAX_URL_TITLE)];
    let title = description.title.as_deref().unwrap_or(title);
    let new = NewDocument {
        source_url: Some(url),
        ..description.new_document(caller, title, Source::Url, Format::Html)?
    };
    let (store, customer) = (caller.store(), caller.tenant());
    for _ in 0..ATTEMPTS {
        match store.add_url(customer, &new, Uuid::new_v4()).await? {
            AddedUrl::Queued(id, pending) => {
                app.dispatch(&pending).await;
                return Ok(AddedDocument::queued(id));
            }
            AddedUrl::UnderWay(id, status) => {
                return Ok(AddedDocument::duplicate(id, status, false));
            }
            AddedUrl::Raced => {}
        }
    }
    Err(busy())
}

/// Starts a crawl from a URL that [`check_url`] has normalised.
///
/// # Errors
/// `budget_exceeded`, `platform_budget_exceeded` (payment required); `invalid_fields`; `unavailable`.
pub async fn crawl(
    app: &App,
    caller: &Admission,
    url: String,
    description: Description,
    limits: CrawlLimits,
) -> Result<JobId> {
    caller.check_budget()?;
    let crawl = Crawl {
        url,
        max_pages: limits.max_pages,
        same_host: limits.same_host,
        metadata: description.metadata,
        chunking: description.chunking,
        collection_id: caller
            .collection_target(description.collection_id)?
            .collection(),
        bound: caller.collections.is_some(),
        include_hidden: description.extraction.include_hidden,
    };
    let (customer, actor) = (caller.tenant(), caller.principal.into());
    let (job, pending) = caller.store().add_crawl(customer, actor, &crawl).await?;
    app.dispatch(&pending).await;
    Ok(job)
}
