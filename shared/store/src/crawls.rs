//! Crawls: a job, and the pages it has met.
//!
//! Whoever delivers the crawl's message works at it page by page; each page is leased, so that two at once
//! share the work. What a page links to is in the frontier before the page is done, so that nothing is
//! forgotten when it dies in between.

use std::time::Duration;

use dynrag_domain::{
    CollectionId, DocumentId, Error, JobId, Result,
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

/// What a crawl is to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Crawl {
    /// Where it begins.
    pub url: String,
    /// Pages it may meet.
    pub max_pages: u32,
    /// Whether it stays on the first page's host.
    pub same_host: bool,
    /// Metadata of every document.
    pub metadata: Option<Metadata>,
    /// How every document is cut, where other than its collection's or customer's.
    #[serde(default)]
    pub chunking: Option<Chunking>,
    /// The collection of every document.
    #[serde(default)]
    pub collection_id: Option<CollectionId>,
    /// Whether it was asked for by a key that is bound to that collection, and reaches no document of another.
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
    /// How often it was taken, this time included.
    pub attempts: i32,
}

/// How a page ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PageEnd {
    /// As a document, or a new version of one.
    Stored(DocumentId),
    /// Its document has this very content.
    Unchanged(DocumentId),
    /// Left out, for a reason.
    Skipped(&'static str),
    /// Not to be had.
    Failed {
        /// Why.
        code: &'static str,
        /// What the server answered, where it answered with an error.
        http_status: Option<u16>,
    },
}

/// A page that was left out or not to be had.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LeftOut {
    /// Its address.
    pub url: String,
    /// Left out, or not to be had.
    pub status: LeftOutStatus,
    /// Why.
    pub code: String,
    /// What the server answered, for `http_status`.
    pub http_status: Option<i32>,
}

/// How many pages a crawl has, by what became of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PageCounts {
    /// Not fetched yet.
    pub waiting: i64,
    /// Became documents.
    pub stored: i64,
    /// Are as they were.
    pub unchanged: i64,
    /// Left out.
    pub skipped: i64,
    /// Not to be had.
    pub failed: i64,
    /// Until the first of those that wait may be taken.
    pub next: Duration,
}

/// What a customer's documents may be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Largest file, bytes.
    pub max_file_bytes: i64,
    /// Formats, by their short names.
    pub allowed_types: Vec<String>,
}

/// By what the frontier knows a page.
pub fn url_hash(url: &str) -> [u8; 32] {
    Sha256::digest(url.as_bytes()).into()
}

impl Store {
    /// Adds a crawl with its first page.
    ///
    /// # Errors
    /// `too_many_crawls` (conflict); `invalid_fields` without its collection; `unavailable` without a database.
    pub async fn add_crawl(
        &self,
        customer: TenantId,
        actor: Actor,
        crawl: &Crawl,
    ) -> Result<(JobId, Pending<Fetch>)> {
        let job = JobId::generate();
        let tx = self.tenant(customer).await?;
        collections::hold(&tx, crawl.collection_id.into()).await?;
        let open = tx
            .query_unbound(include_str!("../queries/crawls/open.sql"), &[&customer])
            .await?
            .pop()
            .ok_or_else(|| Error::internal_fault("count returned no row"))?;
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

    /// Adds pages a crawl has met, each once, up to as many as it may have.
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

    /// Takes the next page; none where none waits, or all that do are others'.
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

    /// Ends a page.
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

    /// Gives a page back for a while. Waiting for its host is no try.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn put_off_page(
        &self,
        customer: TenantId,
        job: JobId,
        page: &Page,
        wait: Duration,
        counts: bool,
    ) -> Result<()> {
        let tx = self.tenant(customer).await?;
        tx.query(
            include_str!("../queries/crawls/put_off.sql"),
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

    /// How far a crawl is.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn count_pages(&self, customer: TenantId, job: JobId) -> Result<PageCounts> {
        let tx = self.tenant(customer).await?;
        let row = tx
            .query_opt(
                include_str!("../queries/crawls/counts.sql"),
                &[&customer, &job],
            )
            .await?
            .ok_or_else(|| Error::internal_fault("count returned no row"))?;
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

    /// Pages that were left out or not to be had, in the order in which they were met.
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

    /// What the pages of a crawl may be.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn crawl_limits(&self, customer: TenantId) -> Result<Limits> {
        let tx = self.tenant(customer).await?;
        let row = tx
            .query_opt(include_str!("../queries/crawls/limits.sql"), &[&customer])
            .await?
            .ok_or_else(|| Error::internal_fault("customer has no configuration"))?;
        tx.commit().await?;
        Ok(Limits {
            max_file_bytes: row.get("max_file_bytes")?,
            allowed_types: row.get("allowed_types")?,
        })
    }

    /// Says when `sweep` goes on with a crawl.
    ///
    /// # Errors
    /// `unavailable` without a database; it goes on later then.
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
