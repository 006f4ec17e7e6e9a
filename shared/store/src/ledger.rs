//! The ledger of provider calls: purpose, outcome and cost of each request for vectors, to rerankers and to chat models.
//!
//! The same statement counts successful calls in the usage, so that ledger, usage and the month's spending have one
//! sum. A call is recorded in the transaction that stores its result; a call that a crash separates from its result is
//! in none of them.

use dynrag_domain::{
    ChatSessionId, DocumentId, Error, JobId, Result, VersionNumber, money::Usd, spending::Payer,
};
use serde::Serialize;
use uuid::Uuid;

use crate::{Store, Tenant, TenantId};

/// Who asked a chat model.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Asked {
    /// The user or the key.
    pub by: Option<Uuid>,
    /// The conversation.
    pub session: Option<ChatSessionId>,
}

/// What chat models have cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ChatSpending {
    /// Those that a user or key asked, in this calendar month (UTC).
    pub by_caller: Usd,
    /// Those of a conversation.
    pub in_session: Usd,
}

/// The purpose of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// To find the boundaries of a document's chunks.
    Chunking(DocumentId, VersionNumber),
    /// The vectors of a version's chunks.
    Embedding(DocumentId, VersionNumber),
    /// The vectors of another model, for documents that are already embedded.
    Regenerating(JobId),
    /// The vector of a query.
    Query,
    /// Vectors of texts that a caller sends.
    Texts,
    /// Vectors of sentences, to find those that answer a question.
    Comparing,
    /// The order of a search's candidates.
    Reranking,
    /// Other ways to put a query, or a passage that would answer it.
    Rewriting(Asked),
    /// An answer from passages.
    Answering(Asked),
}

impl Purpose {
    /// Returns the operation under which the usage counts the call.
    const fn operation(self) -> &'static str {
        match self {
            Self::Query => "query-embeddings",
            Self::Texts => "text-embeddings",
            Self::Comparing => "sentence-embeddings",
            Self::Reranking => "reranking",
            Self::Rewriting(_) => "query-rewriting",
            Self::Answering(_) => "answers",
            _ => "embeddings",
        }
    }

    const fn stage(self) -> Option<&'static str> {
        match self {
            Self::Chunking(..) => Some("chunking"),
            Self::Embedding(..) => Some("embedding"),
            Self::Regenerating(_) => Some("regenerating"),
            Self::Query
            | Self::Texts
            | Self::Comparing
            | Self::Reranking
            | Self::Rewriting(_)
            | Self::Answering(_) => None,
        }
    }
}

/// A request to the provider, or the share of one purpose in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProviderCall {
    /// Id of the request, common to all its shares.
    pub call_id: Uuid,
    /// The purpose.
    pub purpose: Purpose,
    /// Requested model.
    pub model: String,
    /// Attempt number for these texts, starting at 1.
    pub attempt: u32,
    /// Number of texts for this purpose.
    pub inputs: u32,
    /// `ok`, or the code of the failure.
    pub outcome: &'static str,
    /// Tokens that the provider reported; for a request with several purposes, the share of this one.
    pub tokens: u64,
    /// Of these, tokens of the request that the provider had cached.
    pub cached_tokens: u64,
    /// Of these, tokens of the answer.
    pub output_tokens: u64,
    /// The price list from which `cost` was calculated.
    pub price_version: &'static str,
    /// Cost of the tokens.
    pub cost: Usd,
    /// The owner of the key that paid.
    pub paid_by: Payer,
}

/// A row of the ledger.
#[derive(Serialize)]
struct Line<'a> {
    call_id: Uuid,
    operation: &'a str,
    document_id: Option<DocumentId>,
    version: Option<VersionNumber>,
    job_id: Option<JobId>,
    stage: Option<&'a str>,
    model: &'a str,
    attempt: u32,
    inputs: u32,
    outcome: &'a str,
    tokens: u64,
    cached_tokens: u64,
    output_tokens: u64,
    price_version: &'a str,
    nano_usd: i64,
    paid_by: &'a str,
    asked_by: Option<Uuid>,
    chat_session_id: Option<ChatSessionId>,
}

impl<'a> From<&'a ProviderCall> for Line<'a> {
    fn from(call: &'a ProviderCall) -> Self {
        let (document, job) = match call.purpose {
            Purpose::Chunking(id, version) | Purpose::Embedding(id, version) => {
                (Some((id, version)), None)
            }
            Purpose::Regenerating(job) => (None, Some(job)),
            Purpose::Query
            | Purpose::Texts
            | Purpose::Comparing
            | Purpose::Reranking
            | Purpose::Rewriting(_)
            | Purpose::Answering(_) => (None, None),
        };
        let asked = match call.purpose {
            Purpose::Rewriting(asked) | Purpose::Answering(asked) => Some(asked),
            _ => None,
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
            cached_tokens: call.cached_tokens,
            output_tokens: call.output_tokens,
            price_version: call.price_version,
            nano_usd: call.cost.nanos(),
            paid_by: call.paid_by.as_str(),
            asked_by: asked.and_then(|asked| asked.by),
            chat_session_id: asked.and_then(|asked| asked.session),
        }
    }
}

/// Records calls in this transaction.
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
    /// Returns what chat models have cost a caller and a conversation.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn chat_spending(&self, customer: TenantId, asked: Asked) -> Result<ChatSpending> {
        let tx = self.tenant(customer).await?;
        let row = tx
            .query_one(
                include_str!("../queries/ledger/asked.sql"),
                &[&customer, &asked.by, &asked.session],
            )
            .await?;
        tx.commit().await?;
        Ok(ChatSpending {
            by_caller: Usd::from_nanos(row.get("by_caller")?),
            in_session: Usd::from_nanos(row.get("in_session")?),
        })
    }

    /// Records calls without a result that is stored.
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
