//! Turns queued documents into searchable ones: claim → extract → hash → chunk, each separately; then embed → store
//! → publish, those of a tenant together.
//!
//! | it dies | what is left | who recovers it |
//! |---|---|---|
//! | with documents of a batch not yet started | their hold, see `hold.rs` | `sweep` sends their jobs again |
//! | after the claim | a lease that lapses after 90 s | `sweep` sends the job again |
//! | while embedding | staged vectors | the next attempt reads them and only pays for the rest |
//! | before or after it is left to the slow lane, or deferred there | see `dynrag_store::slow_lane` | the same, or `sweep` |
//! | in the store step | see `dynrag_store::publication` | the next writer |
//! | after the publication, before the message is deleted | a message | its job is moot: no lease is granted |
//!
//! An attempt that fails for a transient reason releases the lease with a time at which `sweep` sends the job
//! again; its message is deleted. Only if not even that can be written is the message itself redelivered.
#![expect(clippy::disallowed_methods, reason = "a worker receives messages")]

mod attachments;
mod bundles;
mod chunked;
mod delete;
mod embedding;
mod hold;
mod lane;
mod lease;
mod limits;
mod parts;
mod prepare;
mod publish;
mod regenerate;
mod retire;
mod segments;
mod stop;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
    time::Duration,
};

use dynrag_domain::{
    DocumentId, Error, Kind, Result, documents::FailureCode, jobs::Job, queues::Queue,
};
use dynrag_store::{LeaseState, TenantId, holds::Waiting, ingestion::Claim, slow_lane::Turn};
use dynrag_worker::{Delivery, Invocation, turns};
use futures::{StreamExt, stream};
use tokio::{sync::OnceCell, time::Instant};

use crate::{bundles::Bundles, chunked::ChunkedDocument, hold::Hold, parts::Parts, stop::Stop};

/// Documents of a batch read concurrently, and concurrent requests to a provider for those of a tenant.
const CONCURRENCY: usize = 3;
/// Reserved from the function's timeout for the store step.
const RESERVE: Duration = Duration::from_secs(60);
/// When a message is redelivered whose claim could not even be requested.
const MESSAGE_WAIT: Duration = Duration::from_secs(30);
/// Time to read a file, plus a minute for the model: no document is started with less time left.
const LEAST_TIME: Duration = Duration::from_secs(120);
/// Longest wait granted to a provider: a document does not wait longer without an attempt or a reason.
const MAX_PROVIDER_WAIT: Duration = Duration::from_secs(14 * 60);
/// Longest wait between two attempts.
const MAX_WAIT: Duration = Duration::from_secs(600);

/// Clients created once per cold start.
#[derive(Default)]
pub struct Embed {
    parts: OnceCell<Parts>,
}

impl Embed {
    /// Works through a batch; returns the deliveries to be redelivered.
    ///
    /// # Errors
    /// The function is not configured; the whole batch is then redelivered.
    pub async fn handle(&self, batch: Invocation<Vec<Delivery>>) -> Result<Vec<Delivery>> {
        let parts = self.parts.get_or_try_init(Parts::load).await?;
        let deadline = Instant::from_std(batch.deadline) - RESERVE;
        let (mut documents, mut deletions, mut long) = (Vec::new(), Vec::new(), Vec::new());
        for delivery in batch.event {
            match delivery.job {
                Job::ProcessDocument { .. } => documents.push(delivery),
                Job::DeleteDocument { .. } => deletions.push(delivery),
                Job::RetireVersions { .. } | Job::Regenerate { .. } | Job::Maintain { .. } => {
                    long.push(delivery);
                }
            }
        }
        let work = async {
            let mut again = process(parts, documents, deadline).await;
            again.extend(delete(parts, deletions).await);
            again
        };
        let mut again = parts.app.pushing(work).await;
        parts.app.notify().await;
        // Work that may take all remaining time goes last.
        for delivery in long {
            let tenant = TenantId::of_message(&delivery.job);
            let work = async {
                match delivery.job {
                    Job::RetireVersions { .. } => retire::retire(parts, tenant, deadline).await,
                    Job::Maintain { .. } => segments::maintain(parts, tenant, deadline).await,
                    Job::Regenerate { job_id, .. } => {
                        Box::pin(regenerate::regenerate(parts, tenant, job_id, deadline)).await
                    }
                    Job::ProcessDocument { .. } | Job::DeleteDocument { .. } => Ok(()),
                }
            };
            let done = parts.app.pushing(work).await;
            parts.app.push().await;
            match done {
                // The customer was erased.
                Err(error) if error.kind() == Kind::NotFound => {
                    tracing::info!(customer_id = %tenant, "message is moot");
                }
                Err(error) => {
                    put_back(parts, &delivery, &error).await;
                    again.push(delivery);
                }
                Ok(()) => {}
            }
        }
        Ok(again)
    }
}

/// Reads each document, embeds and publishes those of a tenant together, as soon as they are read. Returns the
/// messages to be redelivered.
async fn process(parts: &Parts, documents: Vec<Delivery>, deadline: Instant) -> Vec<Delivery> {
    let bundles = Bundles::default();
    let hold = Hold::keep(&parts.store, documents.iter().filter_map(waiting));
    let pace = lane::pace(&documents);
    // Customers whose documents have ended, so that others may follow in the slow lane.
    let ended = Mutex::new(BTreeSet::new());
    let again = turns::work(
        documents
            .into_iter()
            .map(|delivery| (delivery.job.customer_id(), delivery)),
        pace,
        async |delivery: Delivery| match start(parts, &bundles, &hold, &delivery, deadline).await {
            Ok(Started::Read(cut)) => Ok(Some(*cut)),
            Ok(Started::Deferred) => Ok(None),
            Ok(Started::Ended) => {
                note(&ended, TenantId::of_message(&delivery.job));
                Ok(None)
            }
            Err(error) => {
                put_back(parts, &delivery, &error).await;
                Err(delivery)
            }
        },
        async |_, cuts: Vec<ChunkedDocument>| {
            let Some(tenant) = tenant(&cuts) else { return };
            note(&ended, tenant);
            let mut models: BTreeMap<String, Vec<ChunkedDocument>> = BTreeMap::new();
            for cut in cuts {
                let model = cut.lease.claim.embedding_model.clone();
                models.entry(model).or_default().push(cut);
            }
            for (model, cuts) in models {
                Box::pin(finish(parts, tenant, &model, cuts, deadline)).await;
            }
        },
    )
    .await;
    if parts.slow_lane.is_here() {
        let ended = ended.into_inner().unwrap_or_default();
        parts
            .slow_lane
            .resume(&parts.app, &parts.store, &ended)
            .await;
    }
    hold.put_back(again.iter().filter_map(waiting)).await;
    again
}

/// The document version of a process message.
fn waiting(delivery: &Delivery) -> Option<Waiting> {
    match delivery.job {
        Job::ProcessDocument {
            document_id,
            version,
            ..
        } => Some(Waiting {
            tenant: TenantId::of_message(&delivery.job),
            document_id,
            version,
        }),
        _ => None,
    }
}

/// The tenant of these documents; `None` for no document.
fn tenant(cuts: &[ChunkedDocument]) -> Option<TenantId> {
    cuts.first().map(|cut| cut.lease.claim.tenant)
}

fn note(ended: &Mutex<BTreeSet<TenantId>>, customer: TenantId) {
    if let Ok(mut ended) = ended.lock() {
        ended.insert(customer);
    }
}

/// Embeds and publishes documents of a customer in one store step.
async fn finish(
    parts: &Parts,
    customer: TenantId,
    model: &str,
    cuts: Vec<ChunkedDocument>,
    deadline: Instant,
) {
    let (documents, stopped) = embedding::embed(parts, cuts, deadline).await;
    for (cut, stop) in &stopped {
        end(parts, &cut.lease.claim, stop).await;
    }
    if documents.is_empty() {
        return;
    }
    match publish::publish(parts, customer, model, &documents).await {
        Ok(lost) => {
            for claim in lost {
                end(parts, claim, &Stop::Lost).await;
            }
        }
        Err(stop) => {
            for prepared in &documents {
                end(parts, &prepared.lease.claim, &stop).await;
            }
        }
    }
}

/// Deletes documents, those of a tenant together. Returns the messages to be redelivered.
async fn delete(parts: &Parts, deletions: Vec<Delivery>) -> Vec<Delivery> {
    let mut of: BTreeMap<TenantId, (Vec<DocumentId>, Vec<Delivery>)> = BTreeMap::new();
    for delivery in deletions {
        if let Job::DeleteDocument { document_id, .. } = delivery.job {
            let tenant = TenantId::of_message(&delivery.job);
            let (ids, deliveries) = of.entry(tenant).or_default();
            ids.push(document_id);
            deliveries.push(delivery);
        }
    }
    let outcomes: Vec<_> = stream::iter(of)
        .map(async |(customer, (ids, deliveries))| {
            (delete::delete(parts, customer, &ids).await, deliveries)
        })
        .buffer_unordered(CONCURRENCY)
        .collect()
        .await;
    let mut again = Vec::new();
    for (outcome, deliveries) in outcomes {
        if let Err(error) = outcome {
            for delivery in deliveries {
                put_back(parts, &delivery, &error).await;
                again.push(delivery);
            }
        }
    }
    again
}

/// Makes a message visible again soon.
async fn put_back(parts: &Parts, delivery: &Delivery, error: &Error) {
    let (code, cause) = (error.code(), error.internal());
    tracing::error!(code, cause, "message has to come again");
    let waiting = async {
        let own = parts.app.queue(Queue::Ingest).await?;
        own.retry_after(&delivery.receipt_handle, MESSAGE_WAIT)
            .await
    };
    if let Err(error) = waiting.await {
        let cause = error.internal();
        tracing::warn!(cause, "message comes after the queue's own timeout");
    }
}

/// How far a document got.
enum Started {
    /// Its chunks are ready.
    Read(Box<ChunkedDocument>),
    /// There is nothing to embed.
    Ended,
    /// Its customer's share of the slow lane is in use.
    Deferred,
}

/// Claims a document and prepares its chunks.
async fn start(
    parts: &Parts,
    bundles: &Bundles,
    hold: &Hold,
    delivery: &Delivery,
    deadline: Instant,
) -> Result<Started> {
    let Some(document) = waiting(delivery) else {
        return Ok(Started::Ended);
    };
    let Waiting {
        tenant,
        document_id,
        version,
    } = document;
    if Instant::now() + LEAST_TIME > deadline {
        // Slow files used up the time. It was not claimed, so this is not an attempt.
        return Err(Error::unavailable("no time left in this batch"));
    }
    let (store, lane, lease) = (&parts.store, &parts.slow_lane, parts.config.lease);
    let turn = lane.claim(store, tenant, document_id, version, lease);
    let turn = turn.await?;
    hold.begun(document);
    let claim = match turn {
        Turn::Claimed(claim) => *claim,
        Turn::Moot => {
            tracing::info!(customer_id = %tenant, %document_id, version = version.get(), "job is moot or another worker's");
            return Ok(Started::Ended);
        }
        Turn::Slow => {
            lane.send(&parts.app, delivery).await?;
            tracing::info!(customer_id = %tenant, %document_id, version = version.get(), "left to the slow lane");
            return Ok(Started::Ended);
        }
        Turn::Deferred => {
            tracing::info!(customer_id = %tenant, %document_id, version = version.get(), "deferred: others wait");
            return Ok(Started::Deferred);
        }
    };
    let started = Instant::now();
    if claim.attempts > parts.config.max_attempts {
        let why = "crashed each time".into();
        let stop = Stop::Failed(FailureCode::AttemptsExhausted, why);
        end(parts, &claim, &stop).await;
        return Ok(Started::Ended);
    }
    match prepare::cut(parts, bundles, claim.clone(), deadline).await {
        Ok(cut) => {
            let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
            let chunks = cut.chunks.len();
            tracing::info!(customer_id = %tenant, %document_id, version = version.get(), chunks, took_ms, "document read");
            Ok(Started::Read(Box::new(cut)))
        }
        Err(stop) => {
            end(parts, &claim, &stop).await;
            Ok(Started::Ended)
        }
    }
}

/// Ends a claim that does not lead to a publication. If even this fails, the lease lapses.
async fn end(parts: &Parts, claim: &Claim, stop: &Stop) {
    let (tenant, document_id, version) = (claim.tenant, claim.document_id, claim.version);
    let ended = match stop {
        Stop::Unchanged => parts.store.unchanged(claim).await,
        Stop::Lost => abandon(parts, claim).await,
        Stop::Slow => {
            tracing::info!(customer_id = %tenant, %document_id, version = version.get(), "handed over to the slow lane");
            parts
                .slow_lane
                .hand_over(&parts.app, &parts.store, claim)
                .await
        }
        Stop::Failed(code, detail) => {
            tracing::warn!(customer_id = %tenant, %document_id, version = version.get(), code = code.as_str(), detail, "document failed");
            parts.store.fail(claim, *code).await
        }
        Stop::Wait(wait) => {
            tracing::info!(customer_id = %tenant, %document_id, version = version.get(), wait_s = wait.as_secs(), "provider says to wait");
            parts
                .store
                .release(claim, (*wait).min(MAX_PROVIDER_WAIT), false)
                .await
        }
        Stop::Retry(error) => {
            let attempts = claim.attempts;
            tracing::warn!(
                customer_id = %tenant, %document_id, version = version.get(), attempts,
                code = error.code(), cause = error.internal(), "try failed"
            );
            if attempts >= parts.config.max_attempts {
                parts
                    .store
                    .fail(claim, FailureCode::AttemptsExhausted)
                    .await
            } else {
                parts.store.release(claim, backoff(attempts), true).await
            }
        }
    };
    let ended = match ended {
        // Seen only now: a deletion may have fenced the lease off, and it waits until the lease is ended.
        Ok(LeaseState::Lost) if !matches!(stop, Stop::Lost) => abandon(parts, claim).await,
        ended => ended,
    };
    match ended {
        Ok(LeaseState::Held) => {}
        Ok(LeaseState::Lost) => {
            tracing::info!(customer_id = %tenant, %document_id, version = version.get(), "lease was another's");
        }
        Err(error) => log_unended(claim, &error),
    }
}

/// Leaves a document to its new claimant. If it is being deleted, removes what this worker wrote meanwhile.
async fn abandon(parts: &Parts, claim: &Claim) -> Result<LeaseState> {
    let state = parts.store.abandon(claim).await?;
    match state {
        LeaseState::Held => {
            delete::delete(parts, claim.tenant, &[claim.document_id]).await?;
        }
        LeaseState::Lost => {}
    }
    Ok(state)
}

fn log_unended(claim: &Claim, error: &Error) {
    tracing::error!(
        customer_id = %claim.tenant, document_id = %claim.document_id,
        cause = error.internal(), "claim could not be ended; its lease lapses"
    );
}

/// 5, 10, 20 … seconds, at most ten minutes.
fn backoff(attempts: i32) -> Duration {
    let doublings = u32::try_from(attempts.clamp(1, 16) - 1).unwrap_or(0);
    Duration::from_secs(5)
        .saturating_mul(1 << doublings)
        .min(MAX_WAIT)
}
