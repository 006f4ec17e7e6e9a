//! The content of one document.
#![expect(clippy::disallowed_methods, reason = "a worker passes messages on")]

use std::time::Duration;

use dynrag_domain::{
    DocumentId, Error, Result, VersionNumber, documents::FailureCode, storage, storage::Original,
};
use dynrag_store::{LeaseState, TenantId, fetches::Fetched, ingestion::Claim};
use dynrag_web::{Answer, Get, parse_url};
use http::StatusCode;
use sha2::{Digest, Sha256};

use crate::{
    content::{self, Refusal},
    parts::Parts,
};

/// A fetch takes at most half a minute, plus the write to the bucket.
const LEASE: Duration = Duration::from_secs(120);
/// Delay between two requests to a host.
const DELAY: Duration = Duration::from_millis(500);
/// Longest wait for a turn at a host.
const PATIENCE: Duration = Duration::from_secs(10);

/// Outcome of a claim.
enum End {
    /// Handed on, or the claim was lost.
    Done,
    /// Unchanged.
    Unchanged,
    /// The host's turns are taken by others.
    NotNow(Duration),
    Refused(Refusal),
}

impl From<Refusal> for End {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Fetches the content of a version, unless that is moot.
pub(crate) async fn fetch(
    parts: &Parts,
    customer: TenantId,
    document: DocumentId,
    version: VersionNumber,
) -> Result<()> {
    let claim = parts
        .store
        .claim_fetch(customer, document, version, LEASE)
        .await?;
    let Some(claim) = claim else {
        tracing::info!(customer_id = %customer, document_id = %document, version = version.get(), "fetch is moot or another's");
        return Ok(());
    };
    let store = &parts.store;
    let attempts = claim.attempts;
    let ended = match get(parts, &claim).await {
        Ok(End::Done) => return Ok(()),
        Ok(End::Unchanged) => store.unchanged(&claim).await?,
        Ok(End::NotNow(wait)) => store.release(&claim, wait, false).await?,
        Ok(End::Refused(refusal)) => {
            let (code, detail) = (refusal.code().as_str(), refusal.detail());
            tracing::warn!(customer_id = %customer, document_id = %document, version = version.get(), attempts, code, detail, "not fetched");
            match refusal.wait(attempts) {
                Some(wait) => store.release(&claim, wait, true).await?,
                None => {
                    let http_status = refusal.http_status();
                    store
                        .fail_fetch(&claim, refusal.code(), http_status)
                        .await?
                }
            }
        }
        Err(error) if error.code() == FailureCode::StorageLimit.as_str() => {
            store.fail(&claim, FailureCode::StorageLimit).await?
        }
        Err(error) if attempts < content::TRIES => {
            let cause = error.internal();
            tracing::warn!(customer_id = %customer, document_id = %document, attempts, cause, "try failed");
            store.release(&claim, Duration::from_secs(30), true).await?
        }
        Err(_) => store.fail(&claim, FailureCode::AttemptsExhausted).await?,
    };
    if ended == LeaseState::Lost {
        tracing::info!(customer_id = %customer, document_id = %document, version = version.get(), "lease was another's");
    }
    Ok(())
}

async fn get(parts: &Parts, claim: &Claim) -> Result<End> {
    let text = claim.source_url.as_deref().unwrap_or_default();
    let url = match parse_url(text) {
        Ok(url) => url,
        Err(error) => return Ok(Refusal::from(error).into()),
    };
    match parts.turn(&url, DELAY).await? {
        Some(wait) if wait <= PATIENCE => tokio::time::sleep(wait).await,
        wait => return Ok(End::NotNow(wait.unwrap_or(Duration::from_secs(60)))),
    }
    let ask = Get {
        etag: claim.published_etag.as_deref(),
        last_modified: claim.published_last_modified.as_deref(),
        max_body: Some(content::most_bytes(claim.max_file_bytes)),
        ..Get::default()
    };
    let answer = match parts.web.get(&url, &ask).await {
        Ok(answer) if answer.status == StatusCode::NOT_MODIFIED => return Ok(End::Unchanged),
        Ok(answer) => answer.success(),
        Err(error) => Err(error),
    };
    match answer {
        Ok(answer) => hand_on(parts, claim, answer).await,
        Err(error) => Ok(Refusal::from(error).into()),
    }
}

/// Stores the content as original for the embedding function.
async fn hand_on(parts: &Parts, claim: &Claim, mut answer: Answer) -> Result<End> {
    let format = match content::format(&answer, &claim.allowed_types) {
        Ok(format) => format,
        Err(refusal) => return Ok(refusal.into()),
    };
    let bytes = std::mem::take(&mut answer.body);
    let hash: [u8; 32] = Sha256::digest(&bytes).into();
    if claim.published_hash.as_deref() == Some(hash.as_slice()) {
        return Ok(End::Unchanged);
    }
    let Original::Alone(object) = claim.original else {
        return Err(Error::internal_fault("what is fetched is in no bundle"));
    };
    let (customer, document) = (claim.tenant, claim.document_id);
    let key = storage::original_key(customer.customer_id(), document, claim.version, object);
    let size = bytes.len();
    parts
        .objects
        .put(&key, format.media_type(), bytes.into())
        .await?;
    let file_name = content::file_name(&answer.url);
    let fetched = Fetched {
        bytes: i64::try_from(size).map_err(Error::internal_fault)?,
        content_hash: &hash,
        format,
        etag: content::kept(&answer, "etag", 512),
        last_modified: content::kept(&answer, "last-modified", 64),
        file_name: file_name.as_deref(),
    };
    if let Some(pending) = parts.store.fetched(claim, &fetched).await? {
        tracing::info!(customer_id = %customer, document_id = %document, bytes = size, "fetched");
        parts.app.dispatch(&pending).await;
    }
    Ok(End::Done)
}
