//! Turns queued documents into searchable ones: claim → extract → hash → chunk, each on its own; then embed → store
//! → publish, those of a tenant together.
//!
//! | it dies | what is left | who mends it |
//! |---|---|---|
//! | with documents of a batch not yet begun | their hold, see `hold.rs` | `sweep` sends their jobs again |
//! | after the claim | a lease that lapses after 90 s | `sweep` sends the job again |
//! | while embedding | staged vectors | the next try reads them and pays for the rest only |
//! | in the store step | see `dynrag_store::publication` | the next writer |
//! | after the publication, before the message is deleted | a message | its job is moot: no lease is given |
//!
//! A try that fails for a reason that may pass gives the lease back with a time at which `sweep`
//! sends the job again; its message is done with. Only where not even that can be written does the
//! message itself come again.

mod attachments;
mod bundles;
mod delete;
mod embedding;
mod hold;
mod lease;
mod limits;
mod parts;
mod prepare;
mod publish;
mod regenerate;
mod retire;

use std::{collections::BTreeMap, time::Duration};

use dynrag_domain::{CustomerId, DocumentId, Error, Result, documents::FailureCode, jobs::Job};
use dynrag_store::{holds::Waiting, ingestion::Claim};
use dynrag_worker::{Delivery, Invocation};
use futures::{StreamExt, stream};
use tokio::{sync::OnceCell, time::Instant};

use crate::{
    bundles::Bundles,
    hold::Hold,
    parts::Parts,
    prepare::{Cut, Stop},
};

/// Documents of a batch read at once, and tenants whose documents are embedded at once.
const CONCURRENCY: usize = 3;
/// Kept back from the function's timeout for the store step.
const RESERVE: Duration = Duration::from_secs(60);
/// When a message comes again whose claim could not even be asked for.
const MESSAGE_WAIT: Duration = Duration::from_secs(30);
/// What reading a file may take, with a minute for the model: no document is begun with less time.
const LEAST_TIME: Duration = Duration::from_secs(120);
/// Longest wait a provider is granted: a document does not lie longer without a try or a reason.
const MAX_PROVIDER_WAIT: Duration = Duration::from_secs(14 * 60);
/// Longest wait between two tries.
const MAX_WAIT: Duration = Duration::from_secs(600);

/// What the function makes once per cold start.
#[derive(Default)]
pub struct Embed {
    parts: OnceCell<Parts>,
}

impl Embed {
    /// Works through a batch; the deliveries it returns have to come again.
    ///
    /// # Errors
    /// The function is not configured; the whole batch then comes again.
    pub async fn handle(&self, batch: Invocation<Vec<Delivery>>) -> Result<Vec<Delivery>> {
        let parts = self.parts.get_or_try_init(Parts::load).await?;
        let deadline = Instant::from_std(batch.deadline) - RESERVE;
        let (mut documents, mut deletions, mut long) = (Vec::new(), Vec::new(), Vec::new());
        for delivery in batch.event {
            match delivery.job {
                Job::ProcessDocument { .. } => documents.push(delivery),
                Job::DeleteDocument { .. } => deletions.push(delivery),
                Job::RetireVersions { .. } | Job::Regenerate { .. } => long.push(delivery),
            }
        }
        let mut again = process(parts, documents, deadline).await;
        again.extend(delete(parts, deletions).await);
        parts.notices.send(&parts.store).await;
        // What may take all the time there is goes last.
        for delivery in long {
            let done = match delivery.job {
                Job::RetireVersions { customer_id, .. } => {
                    retire::retire(parts, customer_id, deadline).await
                }
                Job::Regenerate {
                    customer_id,
                    job_id,
                    ..
                } => Box::pin(regenerate::regenerate(parts, customer_id, job_id, deadline)).await,
                Job::ProcessDocument { .. } | Job::DeleteDocument { .. } => Ok(()),
            };
            if let Err(error) = done {
                put_back(parts, &delivery, &error).await;
                again.push(delivery);
            }
        }
        Ok(again)
    }
}

/// Reads each document, embeds and publishes those of a tenant together. What has to come again.
async fn process(parts: &Parts, documents: Vec<Delivery>, deadline: Instant) -> Vec<Delivery> {
    let bundles = Bundles::default();
    let hold = Hold::keep(&parts.store, documents.iter().filter_map(waiting));
    let outcomes: Vec<_> = stream::iter(documents)
        .map(async |delivery| {
            let outcome = Box::pin(start(parts, &bundles, &hold, &delivery, deadline)).await;
            (delivery, outcome)
        })
        .buffer_unordered(CONCURRENCY)
        .collect()
        .await;
    let mut again = Vec::new();
    let mut cuts: BTreeMap<(CustomerId, String), Vec<Cut>> = BTreeMap::new();
    for (delivery, outcome) in outcomes {
        match outcome {
            Ok(Some(cut)) => {
                let claim = &cut.lease.claim;
                cuts.entry((claim.customer_id, claim.embedding_model.clone()))
                    .or_default()
                    .push(cut);
            }
            Ok(None) => {}
            Err(error) => {
                put_back(parts, &delivery, &error).await;
                again.push(delivery);
            }
        }
    }
    hold.put_back(again.iter().filter_map(waiting)).await;
    let embedded: Vec<_> = stream::iter(cuts)
        .map(async |(of, cuts)| (of, Box::pin(embedding::embed(parts, cuts, deadline)).await))
        .buffer_unordered(CONCURRENCY)
        .collect()
        .await;
    // One store step for each tenant, whatever its documents' number.
    for ((customer, model), (documents, stopped)) in embedded {
        for (cut, stop) in &stopped {
            end(parts, &cut.lease.claim, stop).await;
        }
        if documents.is_empty() {
            continue;
        }
        match publish::publish(parts, customer, &model, &documents).await {
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
    again
}

/// What a message to process a document is about.
fn waiting(delivery: &Delivery) -> Option<Waiting> {
    match delivery.job {
        Job::ProcessDocument {
            customer_id,
            document_id,
            version,
            ..
        } => Some(Waiting {
            customer_id,
            document_id,
            version,
        }),
        _ => None,
    }
}

/// Deletes documents, those of a tenant together. What has to come again.
async fn delete(parts: &Parts, deletions: Vec<Delivery>) -> Vec<Delivery> {
    let mut of: BTreeMap<CustomerId, (Vec<DocumentId>, Vec<Delivery>)> = BTreeMap::new();
    for delivery in deletions {
        if let Job::DeleteDocument {
            customer_id,
            document_id,
            ..
        } = delivery.job
        {
            let (ids, deliveries) = of.entry(customer_id).or_default();
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

/// Has a message come again soon.
async fn put_back(parts: &Parts, delivery: &Delivery, error: &Error) {
    let (code, cause) = (error.code(), error.internal());
    tracing::error!(code, cause, "message has to come again");
    let waiting = parts
        .queue
        .retry_after(&delivery.receipt_handle, MESSAGE_WAIT)
        .await;
    if let Err(error) = waiting {
        let cause = error.internal();
        tracing::warn!(cause, "message comes after the queue's own timeout");
    }
}

/// Claims a document and takes it as far as its chunks. None: there is nothing to embed.
async fn start(
    parts: &Parts,
    bundles: &Bundles,
    hold: &Hold,
    delivery: &Delivery,
    deadline: Instant,
) -> Result<Option<Cut>> {
    let Some(document) = waiting(delivery) else {
        return Ok(None);
    };
    let Waiting {
        customer_id,
        document_id,
        version,
    } = document;
    if Instant::now() + LEAST_TIME > deadline {
        // Slow files before it used the time up. Not claimed, so not a try of its own.
        return Err(Error::unavailable("no time left in this batch"));
    }
    let lease = parts.config.lease;
    let claim = parts
        .store
        .claim(customer_id, document_id, version, lease)
        .await?;
    hold.begun(document);
    let Some(claim) = claim else {
        tracing::info!(%customer_id, %document_id, version, "job is moot or another worker's");
        return Ok(None);
    };
    let started = Instant::now();
    if claim.attempts > parts.config.max_attempts {
        let why = "crashed each time".into();
        let stop = Stop::Failed(FailureCode::AttemptsExhausted, why);
        end(parts, &claim, &stop).await;
        return Ok(None);
    }
    match prepare::cut(parts, bundles, claim.clone(), deadline).await {
        Ok(cut) => {
            let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
            let chunks = cut.chunks.len();
            tracing::info!(%customer_id, %document_id, version, chunks, took_ms, "document read");
            Ok(Some(cut))
        }
        Err(stop) => {
            end(parts, &claim, &stop).await;
            Ok(None)
        }
    }
}

/// Ends a claim that does not lead to a publication. Where even this fails the lease lapses.
async fn end(parts: &Parts, claim: &Claim, stop: &Stop) {
    let (customer_id, document_id, version) = (claim.customer_id, claim.document_id, claim.version);
    let ended = match stop {
        Stop::Unchanged => parts.store.unchanged(claim).await,
        Stop::Lost => let_go(parts, claim).await,
        Stop::Failed(code, detail) => {
            tracing::warn!(%customer_id, %document_id, version, code = code.as_str(), detail, "document failed");
            parts.store.fail(claim, *code).await
        }
        Stop::Wait(wait) => {
            tracing::info!(%customer_id, %document_id, version, wait_s = wait.as_secs(), "provider says to wait");
            parts
                .store
                .release(claim, (*wait).min(MAX_PROVIDER_WAIT), false)
                .await
        }
        Stop::Retry(error) => {
            let attempts = claim.attempts;
            tracing::warn!(
                %customer_id, %document_id, version, attempts,
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
    match ended {
        Ok(true) => {}
        Ok(false) => tracing::info!(%customer_id, %document_id, version, "lease was another's"),
        Err(error) => log_unended(claim, &error),
    }
}

/// Leaves a document to whoever has it now. One that is being deleted is nobody's: what was written
/// of it since goes here.
async fn let_go(parts: &Parts, claim: &Claim) -> Result<bool> {
    let deleted = parts.store.let_go(claim).await?;
    if deleted {
        delete::delete(parts, claim.customer_id, &[claim.document_id]).await?;
    }
    Ok(deleted)
}

fn log_unended(claim: &Claim, error: &Error) {
    tracing::error!(
        customer_id = %claim.customer_id, document_id = %claim.document_id,
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
