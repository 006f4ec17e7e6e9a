//! Crawls: a job, and the pages that it has found.
//!
//! The worker with the crawl's message processes it page by page. Each page is leased, so that two concurrent workers
//! share the pages. A page's links are in the frontier before the page is done, so that a crash in between loses none.

use std::time::Duration;

use dynrag_domain::{
    CollectionId, DocumentId, JobId, Result,
    audit::{Action, Actor},
    config::Chunking,
    fetches::Fetch,
    fetches::LeftOutStatus,
    metadata::Metadata,
    quotas::{MAX_CRAWLS, Quota},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio_postgres::types::Json;

use crate::{
    Store, Tenant, TenantId, audit, collections,
    outbox::{self, Pending},
};

/// The parameters of a crawl.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Crawl {
    /// The start URL.
    pub url: String,
    /// Maximum number of pages.
    pub max_pages: u32,
    /// Whether it stays on the first page's host.
    pub same_host: bool,
    /// Metadata for all documents.
    pub metadata: Option<Metadata>,
    /// Chunking of all documents, if it differs from the collection's or customer's.
    #[serde(default)]
    pub chunking: Option<Chunking>,
    /// The collection of all documents.
    #[serde(default)]
    pub collection_id: Option<CollectionId>,
    /// Whether the request came from a key that is bound to this collection, so that documents elsewhere are out of its
    /// reach.
    #[serde(default)]
    pub bound: bool,
    /// Whether hidden content of the documents is read too.
    #[serde(default)]
    pub include_hidden: Option<bool>,
}

/// A page to fetch.
#[derive(Clone, Debug)]
pub struct Page {
    /// SHA-256 of the URL.
    pub url_hash: [u8; 32],
    /// The URL, normalised.
    pub url: String,
    /// 1 for the first page.
    pub position: i32,
    /// Number of claims, including this one.
    pub attempts: i32,
}

/// The outcome of a page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PageEnd {
    /// Stored as a document, or as a new version of one.
    Stored(DocumentId),
    /// Unchanged: its document has the same content.
    Unchanged(DocumentId),
    /// Left out, with the reason.
    Skipped(&'static str),
    /// Failed.
    Failed {
        /// The failure code.
        code: &'static str,
        /// The server's HTTP status, if that is the reason.
        http_status: Option<u16>,
    },
}

/// A page that was left out or failed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LeftOut {
    /// The page's URL.
    pub url: String,
    /// Left out, or failed.
    pub status: LeftOutStatus,
    /// The code of the reason.
    pub code: String,
    /// The server's HTTP status, for `http_status`.
    pub http_status: Option<i32>,
}

/// Numbers of a crawl's pages by outcome.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PageCounts {
    /// Not fetched yet.
    pub waiting: i64,
    /// Stored as documents.
    pub stored: i64,
    /// Unchanged.
    pub unchanged: i64,
    /// Left out.
    pub skipped: i64,
    /// Failed.
    pub failed: i64,
    /// Time until the first waiting page may be claimed.
    pub next: Duration,
}

/// The limits on a customer's documents.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Largest file, bytes.
    pub max_file_bytes: i64,
    /// Formats, by their short names.
    pub allowed_types: Vec<String>,
}

/// Returns the key of a page in the frontier.
pub fn url_hash(url: &str) -> [u8; 32] {
    Sha256::digest(url.as_bytes()).into()
}

impl Store {
    /// Adds a crawl with its first page.
    ///
    /// # Errors
    /// `too_many_crawls` (conflict); `invalid_fields` if its collection does not exist; `unavailable` without a
    /// database.
    pub async fn add_crawl(
        &self,
        customer: TenantId,
        actor: Actor,
        crawl: &Crawl,
    ) -> Result<(JobId, Pending<Fetch>)> {
        let job = JobId::generate();
        let tx = self.tenant(customer).await?;
        collections::lock(&tx, crawl.collection_id.into()).await?;
        let open = tx
            .query_one_unbound(include_str!("../queries/crawls/open.sql"), &[&customer])
            .await?;
        let quota = Quota {
            used: open.get("open")?,
            limit: MAX_CRAWLS,
        };
        let instead = "Wait until one ends.";
        quota.check("too_many_crawls", "active crawls", instead)?;
        tx.query(
            include_str!("../queries/crawls/insert_job.sql"),
            &[&customer, &job, &Json(crawl)],
        )
        .await?;
        insert_pages(&tx, job, std::slice::from_ref(&crawl.url), 1).await?;
        let details = json!({"maxPages": crawl.max_pages});
        audit::record(&tx, actor, Action::CrawlRequested, job.as_uuid(), &details).await?;
        let pending = outbox::insert(&tx, Fetch::crawl(customer.customer_id(), job)).await?;
        tx.commit().await?;
        Ok((job, pending))
    }

    /// Adds pages that a crawl has found, each once, up to the crawl's maximum.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn add_pages(
        &self,
        customer: TenantId,
        job: JobId,
        urls: &[String],
        most: u32,
    ) -> Result<()> {
        let tx = self.tenant(customer).await?;
        insert_pages(&tx, job, urls, most).await?;
        tx.commit().await
    }

    /// Claims the next page. Returns `None` if no page is waiting, or other workers have all that are.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn claim_page(
        &self,
        customer: TenantId,
        job: JobId,
        lease: Duration,
    ) -> Result<Option<Page>> {
        let tx = self.tenant(customer).await?;
        let row = tx
            .query_opt(
                include_str!("../queries/crawls/claim_page.sql"),
                &[&customer, &job, &lease.as_secs_f64()],
            )
            .await?;
        tx.commit().await?;
        row.map(|row| {
            Ok(Page {
                url_hash: row.get("url_hash")?,
                url: row.get("url")?,
                position: row.get("position")?,
                attempts: row.get("attempts")?,
            })
        })
        .transpose()
    }

    /// Records the outcome of a page.
    ///
    /// # Errors
    /// `unavailable` without a database; the page is then fetched once more.
    pub async fn end_page(
        &self,
        customer: TenantId,
        job: JobId,
        page: &Page,
        end: PageEnd,
    ) -> Result<()> {
        let (status, code, document) = match end {
            PageEnd::Stored(id) => ("stored", None, Some(id)),
            PageEnd::Unchanged(id) => ("unchanged", None, Some(id)),
            PageEnd::Skipped(code) => ("skipped", Some(code), None),
            PageEnd::Failed { code, .. } => ("failed", Some(code), None),
        };
        let http_status = match end {
            PageEnd::Failed { http_status, .. } => http_status.map(i32::from),
            _ => None,
        };
        let tx = self.tenant(customer).await?;
        tx.query(
            include_str!("../queries/crawls/end_page.sql"),
            &[
                &customer,
                &job,
                &page.url_hash,
                &status,
                &code,
                &document,
                &http_status,
            ],
        )
        .await?;
        tx.commit().await
    }

    /// Postpones a page. Waiting for its host does not count as an attempt.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn defer_page(
        &self,
        customer: TenantId,
        job: JobId,
        page: &Page,
        wait: Duration,
        counts: bool,
    ) -> Result<()> {
        let tx = self.tenant(customer).await?;
        tx.query(
            include_str!("../queries/crawls/defer.sql"),
            &[
                &customer,
                &job,
                &page.url_hash,
                &wait.as_secs_f64(),
                &counts,
            ],
        )
        .await?;
        tx.commit().await
    }

    /// Returns the progress of a crawl.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn count_pages(&self, customer: TenantId, job: JobId) -> Result<PageCounts> {
        let tx = self.tenant(customer).await?;
        let row = tx
            .query_one(
                include_str!("../queries/crawls/counts.sql"),
                &[&customer, &job],
            )
            .await?;
        tx.commit().await?;
        let next: Option<f64> = row.get("next")?;
        Ok(PageCounts {
            waiting: row.get("waiting")?,
            stored: row.get("stored")?,
            unchanged: row.get("unchanged")?,
            skipped: row.get("skipped")?,
            failed: row.get("failed")?,
            next: Duration::from_secs_f64(next.unwrap_or(0.0)),
        })
    }

    /// Returns pages that were left out or failed, in the order in which they were found.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn pages_left_out(
        &self,
        customer: TenantId,
        job: JobId,
        most: i64,
    ) -> Result<Vec<LeftOut>> {
        let tx = self.tenant(customer).await?;
        let rows = tx
            .query(
                include_str!("../queries/crawls/pages.sql"),
                &[&customer, &job, &most],
            )
            .await?;
        tx.commit().await?;
        rows.iter()
            .map(|row| {
                Ok(LeftOut {
                    url: row.get("url")?,
                    status: row.get("status")?,
                    code: row.get("code")?,
                    http_status: row.get("http_status")?,
                })
            })
            .collect()
    }

    /// Returns the limits on the pages of a crawl.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn crawl_limits(&self, customer: TenantId) -> Result<Limits> {
        let tx = self.tenant(customer).await?;
        let row = tx
            .query_one(include_str!("../queries/crawls/limits.sql"), &[&customer])
            .await?;
        tx.commit().await?;
        Ok(Limits {
            max_file_bytes: row.get("max_file_bytes")?,
            allowed_types: row.get("allowed_types")?,
        })
    }

    /// Sets the time at which `sweep` continues a crawl.
    ///
    /// # Errors
    /// `unavailable` without a database; the crawl is then continued later.
    pub async fn crawl_again(&self, customer: TenantId, job: JobId, wait: Duration) -> Result<()> {
        let tx = self.tenant(customer).await?;
        tx.query(
            include_str!("../queries/crawls/again.sql"),
            &[&customer, &job, &wait.as_secs_f64()],
        )
        .await?;
        tx.commit().await
    }
}

async fn insert_pages(tx: &Tenant, job: JobId, urls: &[String], most: u32) -> Result<()> {
    let hashes: Vec<Vec<u8>> = urls.iter().map(|url| url_hash(url).to_vec()).collect();
    tx.query(
        include_str!("../queries/crawls/add_pages.sql"),
        &[&tx.customer_id(), &job, &hashes, &urls, &i64::from(most)],
    )
    .await
    .map(drop)
}
