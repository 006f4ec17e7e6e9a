//! The ledger of provider calls: what each request for vectors was for, how it ended and what it cost.
//!
//! Answered calls are counted in the usage by the same statement, so that ledger, usage and the month's spending
//! have one sum. A call is written in the transaction that keeps what it brought; one that a crash separates from
//! it is in neither.

use dynrag_domain::{DocumentId, Error, JobId, Result, money::Usd, spending::Payer};
use serde::Serialize;
use uuid::Uuid;

use crate::{Store, Tenant, TenantId};

/// What a call was for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// To find where a version of a document is cut.
    Chunking(DocumentId, i32),
    /// The vectors of a version's chunks.
    Embedding(DocumentId, i32),
    /// The vectors of another model, for documents that have some.
    Regenerating(JobId),
    /// The vector of a query.
    Query,
}

impl Purpose {
    /// Under which operation the usage counts it.
    const fn operation(self) -> &'static str {
        match self {
            Self::Query => "query-embeddings",
            _ => "embeddings",
        }
    }

    const fn stage(self) -> Option<&'static str> {
        match self {
            Self::Chunking(..) => Some("chunking"),
            Self::Embedding(..) => Some("embedding"),
            Self::Regenerating(_) => Some("regenerating"),
            Self::Query => None,
        }
    }
}

/// A request that was made, or the share of one purpose in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProviderCall {
    /// The request's; the shares of one have the same.
    pub call_id: Uuid,
    /// What it was for.
    pub purpose: Purpose,
    /// Model asked.
    pub model: String,
    /// The how manyth request for the same texts, from 1.
    pub attempt: u32,
    /// Texts of this purpose in it.
    pub inputs: u32,
    /// `ok`, or why there was no answer.
    pub outcome: &'static str,
    /// Tokens the provider reported; of a request with several purposes each one's share.
    pub tokens: u64,
    /// The price list by which `cost` was made of them.
    pub price_version: &'static str,
    /// What they cost.
    pub cost: Usd,
    /// Whose key paid.
    pub paid_by: Payer,
}

/// A line of the ledger.
#[derive(Serialize)]
struct Line<'a> {
    call_id: Uuid,
    operation: &'a str,
    document_id: Option<DocumentId>,
    version: Option<i32>,
    job_id: Option<JobId>,
    stage: Option<&'a str>,
    model: &'a str,
    attempt: u32,
    inputs: u32,
    outcome: &'a str,
    tokens: u64,
    price_version: &'a str,
    nano_usd: i64,
    paid_by: &'a str,
}

impl<'a> From<&'a ProviderCall> for Line<'a> {
    fn from(call: &'a ProviderCall) -> Self {
        let (document, job) = match call.purpose {
            Purpose::Chunking(id, version) | Purpose::Embedding(id, version) => {
                (Some((id, version)), None)
            }
            Purpose::Regenerating(job) => (None, Some(job)),
            Purpose::Query => (None, None),
        };
        Self {
            call_id: call.call_id,
            operation: call.purpose.operation(),
            document_id: document.map(|(id, _)| id),
            version: document.map(|(_, version)| version),
            job_id: job,
            stage: call.purpose.stage(),
            model: &call.model,
            attempt: call.attempt,
            inputs: call.inputs,
            outcome: call.outcome,
            tokens: call.tokens,
            price_version: call.price_version,
            nano_usd: call.cost.nanos(),
            paid_by: call.paid_by.as_str(),
        }
    }
}

/// Writes calls down in this transaction.
///
/// # Errors
/// `unavailable` without a database.
pub async fn record(tx: &Tenant, calls: &[ProviderCall]) -> Result<()> {
    if calls.is_empty() {
        return Ok(());
    }
    let lines: Vec<Line<'_>> = calls.iter().map(Line::from).collect();
    let lines = serde_json::to_value(lines).map_err(Error::internal_fault)?;
    tx.query(
        include_str!("../queries/ledger/record.sql"),
        &[&tx.customer_id(), &lines],
    )
    .await
    .map(drop)
}

impl Store {
    /// Writes calls down that brought nothing which is kept.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn record_calls(&self, customer: TenantId, calls: &[ProviderCall]) -> Result<()> {
        if calls.is_empty() {
            return Ok(());
        }
        let tx = self.tenant(customer).await?;
        record(&tx, calls).await?;
        tx.commit().await
    }
}
