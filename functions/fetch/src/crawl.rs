//! Crawls: politely, one page after the other, respecting robots.txt.
#![expect(clippy::disallowed_methods, reason = "a worker passes messages on")]

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use dynrag_app::documents::{Kept, keep};
use dynrag_domain::{
    Error, JobId, Kind, Result,
    audit::Actor,
    documents::{ExtractionOptions, FailureCode, Format, OnDuplicate, Source},
    fetches::Fetch,
    jobs::Lane,
};
use dynrag_store::{
    Bounds, Store, TenantId,
    crawls::{Crawl, Limits, Page, PageEnd},
    uploads::NewDocument,
};
use dynrag_web::{
    Answer, Get,
    links::{self, Directives},
    normalise, parse_url,
    robots::{self, Robots},
    same_host, sitemap,
};
use url::Url;

use crate::{
    content::{self, Refusal},
    parts::Parts,
};

/// How long a crawl runs before others get their turn.
const SLICE: Duration = Duration::from_secs(60);
/// Maximum time of a page, including its wait for the host.
const LEASE: Duration = Duration::from_secs(120);
/// Delay between two pages of a host, unless its robots.txt asks for more.
const DELAY: Duration = Duration::from_secs(1);
/// Longest wait for a turn at a host.
const PATIENCE: Duration = Duration::from_secs(20);
/// Maximum links of a page, and entries of sitemaps, that are considered.
const MOST_LINKS: usize = 2000;
/// Maximum time for sitemaps: the page that waits for them holds its lease.
const SITEMAP_PATIENCE: Duration = Duration::from_secs(30);
/// Maximum sitemap files that are read.
const SITEMAPS: usize = 10;

struct Crawler<'a> {
    parts: &'a Parts,
    customer: TenantId,
    job: JobId,
    crawl: Crawl,
    start: Url,
    limits: Limits,
    robots: HashMap<String, Robots>,
}

/// What to do with a page.
enum Next {
    End(PageEnd),
    /// Retry later; whether this counts as an attempt.
    Later(Duration, bool),
}

/// Continues a crawl for a while.
pub(crate) async fn crawl(
    parts: &Parts,
    customer: TenantId,
    job: JobId,
    deadline: Instant,
) -> Result<()> {
    let Some(begun) = parts.store.begin_job(customer, job).await? else {
        tracing::info!(customer_id = %customer, job_id = %job, "crawl has ended");
        return Ok(());
    };
    let crawl: Crawl = serde_json::from_str(begun.progress.get()).map_err(Error::internal_fault)?;
    let start = parse_url(&crawl.url).map_err(Error::internal_fault)?;
    let mut crawler = Crawler {
        parts,
        customer,
        job,
        crawl,
        start,
        limits: parts.store.crawl_limits(customer).await?,
        robots: HashMap::new(),
    };
    let until = (Instant::now() + SLICE).min(deadline.checked_sub(LEASE).unwrap_or(deadline));
    match crawler.work(until).await {
        // The document limit is reached, or the collection was deleted: no further page would be
        // accepted.
        Err(error) if matches!(error.kind(), Kind::Conflict | Kind::Invalid) => {
            let code = match error.kind() {
                Kind::Invalid => "collection_deleted",
                _ => error.code(),
            };
            tracing::info!(customer_id = %customer, job_id = %job, code, "crawl ended");
            parts.store.finish_job(customer, job, Some(code)).await
        }
        other => other,
    }
}

impl Crawler<'_> {
    async fn work(&mut self, until: Instant) -> Result<()> {
        let (store, customer, job) = (&self.parts.store, self.customer, self.job);
        while Instant::now() < until {
            let Some(page) = store.claim_page(customer, job, LEASE).await? else {
                let counts = store.count_pages(customer, job).await?;
                if counts.waiting > 0 {
                    return store.crawl_again(customer, job, counts.next).await;
                }
                tracing::info!(customer_id = %customer, job_id = %job, stored = counts.stored, "crawled");
                return store.finish_job(customer, job, None).await;
            };
            let next = if page.attempts > content::TRIES {
                Next::End(failed(FailureCode::AttemptsExhausted.as_str(), None))
            } else {
                self.visit(&page).await?
            };
            match next {
                Next::End(end) => store.end_page(customer, job, &page, end).await?,
                Next::Later(wait, counts) => {
                    store.defer_page(customer, job, &page, wait, counts).await?;
                }
            }
        }
        // At the end of the queue; the next receiver continues.
        self.parts
            .app
            .send(&Fetch::crawl(customer.customer_id(), job))
            .await
    }

    async fn visit(&mut self, page: &Page) -> Result<Next> {
        let skip = |code| Ok(Next::End(PageEnd::Skipped(code)));
        let Ok(url) = parse_url(&page.url) else {
            return skip("url_invalid");
        };
        let robots = self.robots(&url).await;
        if !robots.is_reachable() {
            return Ok(if page.attempts < content::TRIES {
                Next::Later(Duration::from_secs(60), true)
            } else {
                Next::End(failed("robots_unreachable", None))
            });
        }
        if !robots.allows(&url) {
            return skip("robots_disallowed");
        }
        let delay = robots.delay().unwrap_or(DELAY).max(DELAY);
        match self.parts.turn(&url, delay).await? {
            Some(wait) if wait <= PATIENCE => tokio::time::sleep(wait).await,
            wait => return Ok(Next::Later(wait.unwrap_or(Duration::from_secs(60)), false)),
        }
        if page.position == 1 {
            self.read_sitemaps(&url).await?;
        }
        let ask = Get {
            accept: Some(
                "text/html, application/xhtml+xml, application/pdf, text/plain, */*;q=0.5",
            ),
            max_body: Some(content::most_bytes(self.limits.max_file_bytes)),
            ..Get::default()
        };
        let answer = match self.parts.web.get(&url, &ask).await {
            Ok(answer) => answer.success(),
            Err(error) => Err(error),
        };
        match answer {
            Ok(answer) => self.take(page, &url, answer).await,
            Err(error) => Ok(refused(&error.into(), page)),
        }
    }

    async fn robots(&mut self, url: &Url) -> Robots {
        let origin = url.origin().ascii_serialization();
        if let Some(known) = self.robots.get(&origin) {
            return known.clone();
        }
        let robots = robots::fetch(&self.parts.web, url).await;
        self.robots.insert(origin, robots.clone());
        robots
    }

    async fn read_sitemaps(&mut self, url: &Url) -> Result<()> {
        let mut starts = self.robots(url).await.sitemaps().to_vec();
        if starts.is_empty() {
            starts.extend(url.join("/sitemap.xml").ok());
        }
        let reading = sitemap::fetch(&self.parts.web, &starts, SITEMAPS, MOST_LINKS);
        let Ok(entries) = tokio::time::timeout(SITEMAP_PATIENCE, reading).await else {
            tracing::info!("sitemaps take too long; the crawl goes on by links");
            return Ok(());
        };
        let urls = entries.into_iter().map(|entry| entry.url);
        self.add(urls.collect()).await
    }

    /// The store with the bounds of the crawl's requester.
    fn store(&self) -> Store {
        let bounds = match self.crawl.bound {
            true => Bounds::within(self.crawl.collection_id.as_slice()),
            false => Bounds::default(),
        };
        self.parts.store.bounded(bounds)
    }

    /// Adds URLs that the crawl may visit.
    async fn add(&self, urls: Vec<Url>) -> Result<()> {
        let policy = self.parts.web.policy();
        let urls: Vec<String> = urls
            .into_iter()
            .filter(|url| self.is_ours(url) && policy.check(url).is_ok())
            .map(String::from)
            .collect();
        if urls.is_empty() {
            return Ok(());
        }
        let most = self.crawl.max_pages;
        self.parts
            .store
            .add_pages(self.customer, self.job, &urls, most)
            .await
    }

    fn is_ours(&self, url: &Url) -> bool {
        !self.crawl.same_host || same_host(url, &self.start)
    }

    /// Follows the links of a page and stores it.
    async fn take(&self, page: &Page, url: &Url, mut answer: Answer) -> Result<Next> {
        let skip = |code| Ok(Next::End(PageEnd::Skipped(code)));
        if !self.is_ours(&answer.url) {
            return skip("other_host");
        }
        let format = match content::format(&answer, &self.limits.allowed_types) {
            Ok(format) => format,
            Err(refusal) => return Ok(refused(&refusal, page)),
        };
        let mut directives = Directives::of_headers(&answer.headers);
        let mut canonical = None;
        if format == Format::Html {
            let found = links::read(&answer.body, &answer.url, MOST_LINKS);
            if !directives.nofollow {
                self.add(found.links).await?;
            }
            directives.noindex |= found.directives.noindex;
            canonical = found.canonical;
        }
        if directives.noindex {
            return skip("noindex");
        }
        // The page declares another canonical URL: it is stored once, under that. But the requested page
        // itself is stored in any case.
        let at = normalise(&answer.url);
        let own = canonical.filter(|own| self.is_ours(own)).unwrap_or(at);
        if own != *url && page.position > 1 {
            self.add(vec![own]).await?;
            return skip("not_canonical");
        }
        let file_name = content::file_name(url);
        let new = NewDocument {
            file_name: file_name.as_deref(),
            metadata: self.crawl.metadata.as_ref(),
            extraction: ExtractionOptions {
                include_hidden: self.crawl.include_hidden,
                attachments: None,
            },
            source_url: Some(url.as_str()),
            chunking: self.crawl.chunking,
            target: self.crawl.collection_id.into(),
            lane: Lane::Bulk,
            ..NewDocument::new(url.as_str(), Source::Url, format, Actor::System)
        };
        let bytes = std::mem::take(&mut answer.body).into();
        let objects = &self.parts.objects;
        let store = self.store();
        let kept = keep(
            &store,
            objects,
            self.customer,
            &new,
            bytes,
            OnDuplicate::Skip,
        )
        .await;
        let kept = match kept {
            // It is a document of another collection, which this crawl must not change.
            Err(error) if error.code() == "source_url_taken" => return skip("source_url_taken"),
            kept => kept?,
        };
        Ok(Next::End(match kept {
            Kept::Queued { id, pending } => {
                self.parts.app.dispatch(&pending).await;
                PageEnd::Stored(id)
            }
            Kept::Duplicate { id, .. } => PageEnd::Unchanged(id),
        }))
    }
}

fn refused(refusal: &Refusal, page: &Page) -> Next {
    let (code, detail) = (refusal.code().as_str(), refusal.detail());
    tracing::info!(code, detail, attempts = page.attempts, "page not to be had");
    match refusal.wait(page.attempts) {
        Some(wait) => Next::Later(wait, true),
        None => Next::End(failed(code, refusal.http_status())),
    }
}

fn failed(code: &'static str, http_status: Option<u16>) -> PageEnd {
    PageEnd::Failed { code, http_status }
}
