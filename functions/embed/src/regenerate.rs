//! Vectors of another model: built in a second table while the current one remains searchable, and switched
//! atomically. `dynrag_store::regeneration` has the failure table.
//!
//! Each round reads what is published and not yet in the new table, embeds its texts with the model, and appends
//! the rows under the tenant's lock. When nothing is missing, the lock is kept, rows that are no longer published
//! are removed, and table and model change in one transaction. A table whose switch is manual waits instead, and is
//! completed every few minutes.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
    time::Duration,
};

use chrono::{TimeDelta, Utc};
use dynrag_app::embeddings::Access;
use dynrag_domain::{
    DocumentId, Error, JobId, VersionNumber, documents::FailureCode, regeneration::Switch,
    tables::TableVersion,
};
use dynrag_llm::{InputType, count_tokens};
use dynrag_store::{
    LeaseState, TenantId,
    ledger::Purpose,
    publication::{StoreStep, Written},
    regeneration::{Built, Regeneration},
};
use dynrag_vectors::{Change, Row};
use tokio::time::Instant;

use crate::{
    MAX_PROVIDER_WAIT, backoff,
    embedding::{Asking, Text, allowance, refused},
    lease,
    parts::Parts,
    publish, segments,
    stop::Stop,
};

/// Longer than any request to the model takes with its retries.
const LEASE: Duration = Duration::from_secs(240);
/// Time needed for a round.
const LEAST_TIME: Duration = Duration::from_secs(90);
/// How often a table that waits is completed, and how long it waits at most.
const HELD: Duration = Duration::from_secs(300);
const MOST_HELD: TimeDelta = TimeDelta::days(7);
/// Maximum chunks of a round.
const MOST_CHUNKS: i32 = 1000;
/// Maximum documents of a round, since a filter names them.
const MOST_DOCUMENTS: usize = 200;

type Version = (DocumentId, VersionNumber);

/// Continues a job for as long as there is time.
pub(crate) async fn regenerate(
    parts: &Parts,
    customer: TenantId,
    job: JobId,
    deadline: Instant,
) -> Result<(), Error> {
    let Some(held) = parts.store.claim_regeneration(customer, job, LEASE).await? else {
        tracing::info!(customer_id = %customer, job_id = %job, "job has ended or is another worker's");
        return Ok(());
    };
    if let Some(code) = discarded(&held) {
        let state = give_up(parts, &held, code).await?;
        tracing::info!(customer_id = %customer, job_id = %job, code, lease = ?state, "the new table was discarded");
        return Ok(());
    }
    let stop = if held.attempts > parts.config.max_attempts {
        let detail = "crashed each time".to_owned();
        Stop::Failed(FailureCode::AttemptsExhausted, detail)
    } else {
        match work(parts, &held, deadline).await {
            Ok(Progressed::Held) => {
                let held = parts.store.hold_regeneration(&held, HELD).await;
                return held.map(|_: LeaseState| ());
            }
            Ok(Progressed::Switched) => {
                tracing::info!(customer_id = %customer, job_id = %job, model = held.progress.model, "regenerated");
                return match parts.store.finish_regeneration(&held, None).await? {
                    // The new table is current already, even if another worker ends the job.
                    LeaseState::Held | LeaseState::Lost => Ok(()),
                };
            }
            Ok(Progressed::OutOfTime) => Stop::Wait(Duration::ZERO),
            Err(stop) => stop,
        }
    };
    if let Stop::Failed(code, detail) = &stop
        && held.progress.ready_since.is_some()
        && held.progress.switch == Switch::Manual
    {
        // What is there was paid for, and can still be searched and switched to.
        tracing::warn!(customer_id = %customer, job_id = %job, code = code.as_str(), detail, "the table that waits is not complete");
        let held = parts.store.hold_regeneration(&held, HELD).await;
        return held.map(|_: LeaseState| ());
    }
    let state = match stop {
        Stop::Lost | Stop::Unchanged | Stop::Slow => LeaseState::Lost,
        Stop::Failed(code, detail) => {
            tracing::warn!(customer_id = %customer, job_id = %job, code = code.as_str(), detail, "regeneration failed");
            give_up(parts, &held, code.as_str()).await?
        }
        Stop::Wait(wait) => {
            let wait = wait.min(MAX_PROVIDER_WAIT);
            parts.store.release_regeneration(&held, wait).await?
        }
        Stop::Retry(error) => {
            let (attempts, cause) = (held.attempts, error.internal());
            tracing::warn!(customer_id = %customer, job_id = %job, attempts, code = error.code(), cause, "try failed");
            if held.attempts >= parts.config.max_attempts {
                give_up(parts, &held, FailureCode::AttemptsExhausted.as_str()).await?
            } else {
                let wait = backoff(held.attempts);
                parts.store.release_regeneration(&held, wait).await?
            }
        }
    };
    if state == LeaseState::Lost {
        tracing::info!(customer_id = %customer, job_id = %job, "job's lease was another's");
    }
    Ok(())
}

/// Fails the job. The current table and its model stay; what was built is removed, under the lock: a concurrent
/// removal of a document would otherwise look for a table that is still recorded but no longer exists.
async fn give_up(parts: &Parts, held: &Regeneration, code: &str) -> Result<LeaseState, Error> {
    let customer = held.tenant;
    let step = parts.store.begin_maintenance(customer).await?;
    let mut unnamed = Vec::new();
    if let Some((building, list)) = &step.building {
        let generation = building.generation();
        parts
            .vectors
            .remove(customer.customer_id(), generation)
            .await?;
        unnamed = list.names();
    }
    let store = &parts.store;
    let state = store.finish_regeneration(held, Some(code)).await?;
    step.end().await?;
    segments::discard(parts, customer, unnamed).await?;
    Ok(state)
}

/// The code with which a table ends that is not to be switched.
fn discarded(held: &Regeneration) -> Option<&'static str> {
    let progress = &held.progress;
    if progress.replaced.is_some() {
        return None;
    }
    match progress.switch {
        Switch::Discard => Some("discarded"),
        Switch::Manual => {
            let since = progress.ready_since?;
            (since + MOST_HELD < Utc::now()).then_some("expired")
        }
        Switch::Automatic => None,
    }
}

/// How far a job got.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Progressed {
    /// The new table is the current one.
    Switched,
    /// The new table is complete, and waits.
    Held,
    /// The time is up.
    OutOfTime,
}

/// Works until the new table is current or waits, or the time is up.
async fn work(parts: &Parts, held: &Regeneration, deadline: Instant) -> Result<Progressed, Stop> {
    let customer = held.tenant;
    if let Some(replaced) = held.progress.replaced {
        parts
            .vectors
            .remove(customer.customer_id(), replaced)
            .await
            .map_err(Error::from)?;
        return Ok(Progressed::Switched);
    }
    loop {
        if Instant::now() + LEAST_TIME > deadline {
            return Ok(Progressed::OutOfTime);
        }
        let step = parts.store.begin_store_step(customer).await?;
        let (present, building) = (step.recorded, step.building.clone());
        let Some((building, _)) = building else {
            let next = present.map_or(0, TableVersion::generation) + 1;
            // Possibly of a job that gave up: no one reads it.
            parts
                .vectors
                .remove(customer.customer_id(), next)
                .await
                .map_err(Error::from)?;
            step.begin_building(TableVersion::empty(next)).await?;
            continue;
        };
        let published = step.published().await?;
        step.end().await?;
        let built = parts
            .vectors
            .documents(customer.customer_id(), Some(building))
            .await;
        let built = built.map_err(Error::from)?;
        let missing = missing(&published, &built);
        let done = i64::try_from(published.len() - missing.len()).map_err(Error::internal_fault)?;
        let renewed = parts
            .store
            .renew_regeneration(held, LEASE, Some(done))
            .await?;
        lease::check(renewed)?;
        if missing.is_empty() {
            if held.progress.switch == Switch::Manual {
                forget_unpublished(parts, customer).await?;
                return Ok(Progressed::Held);
            }
            if switch(parts, held).await? {
                let replaced = present.map_or(0, TableVersion::generation);
                parts
                    .vectors
                    .remove(customer.customer_id(), replaced)
                    .await
                    .map_err(Error::from)?;
                return Ok(Progressed::Switched);
            }
            continue;
        }
        let documents = round(&published, missing);
        let rows = match parts
            .vectors
            .rows(customer.customer_id(), present, &documents)
            .await
        {
            Ok(rows) => rows,
            // Compacted in the meantime: the currently recorded version is just as good.
            Err(dynrag_vectors::Error::VersionGone) => continue,
            Err(error) => return Err(Error::from(error).into()),
        };
        if rows.is_empty() {
            // Replaced in the meantime, or a fault that would loop forever.
            return Err(Stop::Retry(Error::unavailable(
                "what is published has no rows",
            )));
        }
        let rows = embed(parts, held, rows, deadline).await?;
        append(parts, held, &documents, rows).await?;
        segments::merge_building(parts, customer).await?;
    }
}

/// Published versions that are not in the new table. A version is there with all its rows or with none.
fn missing(published: &BTreeMap<Version, i32>, built: &BTreeMap<Version, u64>) -> Vec<Version> {
    let missing = published.keys().filter(|key| !built.contains_key(key));
    missing.copied().collect()
}

/// The documents of the next round.
fn round(published: &BTreeMap<Version, i32>, missing: Vec<Version>) -> Vec<DocumentId> {
    let mut chunks = 0;
    let mut documents = Vec::new();
    for version in missing {
        chunks += published.get(&version).copied().unwrap_or(0);
        if documents.len() == MOST_DOCUMENTS || (chunks > MOST_CHUNKS && !documents.is_empty()) {
            break;
        }
        documents.push(version.0);
    }
    documents
}

/// The rows with the new model's vectors. Vectors paid for by an earlier attempt are not requested again.
async fn embed(
    parts: &Parts,
    held: &Regeneration,
    mut rows: Vec<Row>,
    deadline: Instant,
) -> Result<Vec<Row>, Stop> {
    let (customer, model) = (held.tenant, held.progress.model.as_str());
    let hashes: HashSet<&String> = rows.iter().map(|row| &row.chunk.text_hash).collect();
    let hashes: Vec<String> = hashes.into_iter().cloned().collect();
    let mut vectors = parts.store.read_staged(customer, model, &hashes).await?;
    let mut seen = HashSet::new();
    let prefix = InputType::Passage.prefix_tokens(model);
    let missing: Vec<Text<'_>> = rows
        .iter()
        .filter(|row| !vectors.contains_key(&row.chunk.text_hash))
        .filter(|row| seen.insert(&row.chunk.text_hash))
        .map(|row| Text {
            document: row.document,
            purpose: Purpose::Regenerating(held.job_id),
            hash: &row.chunk.text_hash,
            text: &row.chunk.text,
            tokens: count_tokens(&row.chunk.text).saturating_add(prefix),
        })
        .collect();
    if !missing.is_empty() {
        let embeddings = parts.app.embeddings().await?;
        let access = embeddings
            .access(&parts.store, customer.customer_id(), model)
            .await?;
        check_budget(parts, customer, model, &access, &missing).await?;
        let mut asking = Asking::new(parts, embeddings, customer, model, &access, &missing)?;
        while let Some(answered) = asking.next(deadline).await? {
            vectors.extend(answered.vectors());
            lease::check(parts.store.renew_regeneration(held, LEASE, None).await?)?;
        }
    }
    let model: Arc<str> = model.into();
    for row in &mut rows {
        row.model = model.clone();
        row.vector = vectors
            .get(&row.chunk.text_hash)
            .cloned()
            .ok_or_else(|| Error::internal_fault("a chunk has no vector"))?;
    }
    Ok(rows)
}

/// Stops before calls that no key may pay for, or that would exceed a monthly budget.
async fn check_budget(
    parts: &Parts,
    customer: TenantId,
    model: &str,
    access: &Access,
    texts: &[Text<'_>],
) -> Result<(), Stop> {
    let mut left = allowance(parts, customer, access).await?;
    let tokens = texts.iter().map(|text| text.tokens).sum();
    let paid = access.cost(tokens).and_then(|cost| left.take(cost));
    paid.map_err(|code| refused(model, code))
}

/// Adds rows that are still published to the new table.
async fn append(
    parts: &Parts,
    held: &Regeneration,
    documents: &[DocumentId],
    rows: Vec<Row>,
) -> Result<(), Stop> {
    let customer = held.tenant;
    let step = parts.store.begin_store_step(customer).await?;
    let Some((building, _)) = step.building else {
        return Err(Stop::Lost);
    };
    let published = step.published().await?;
    let built = parts
        .vectors
        .documents(customer.customer_id(), Some(building))
        .await;
    let built = built.map_err(Error::from)?;
    let wanted = |row: &Row| {
        let version = (row.document, row.version);
        published.contains_key(&version) && !built.contains_key(&version)
    };
    let change = Change {
        append: rows.into_iter().filter(wanted).collect(),
        ..Change::none(Utc::now())
    };
    if change.append.is_empty() {
        return Ok(step.end().await?);
    }
    let written = write(parts, customer, building, &change).await?;
    let rows = written.rows;
    step.built(written, &held.progress.model, documents).await?;
    tracing::info!(customer_id = %customer, job_id = %held.job_id, chunks = change.append.len(), rows, "built");
    Ok(())
}

/// Writes a change to the new table, and its segment.
async fn write(
    parts: &Parts,
    customer: TenantId,
    building: TableVersion,
    change: &Change,
) -> Result<Written, Error> {
    let (stored, segment) = publish::write(parts, customer, Some(building), change).await?;
    Ok(Written {
        version: stored.version.unwrap_or(building),
        rows: stored.rows,
        segment,
    })
}

/// The change that removes from the new table what is no longer published.
fn unpublished(published: &BTreeMap<Version, i32>, built: &BTreeMap<Version, u64>) -> Change {
    let gone = built.keys().filter(|key| !published.contains_key(key));
    Change {
        forget: gone.copied().collect(),
        ..Change::none(Utc::now())
    }
}

/// Removes what is no longer published from a table that waits, so that searches of it find one version of a document.
async fn forget_unpublished(parts: &Parts, customer: TenantId) -> Result<(), Stop> {
    let step = parts.store.begin_maintenance(customer).await?;
    let Some((building, _)) = step.building else {
        return Err(Stop::Lost);
    };
    let published = step.published().await?;
    let built = parts
        .vectors
        .documents(customer.customer_id(), Some(building))
        .await;
    let change = unpublished(&published, &built.map_err(Error::from)?);
    if change.forget.is_empty() {
        return Ok(step.end().await?);
    }
    let written = write(parts, customer, building, &change).await?;
    step.set_building(written).await?;
    Ok(step.end().await?)
}

/// Makes the new table the current one, unless something was published in the meantime (false).
async fn switch(parts: &Parts, held: &Regeneration) -> Result<bool, Stop> {
    let customer = held.tenant;
    let step: StoreStep = parts.store.begin_maintenance(customer).await?;
    let Some((building, _)) = step.building else {
        return Err(Stop::Lost);
    };
    let published = step.published().await?;
    let built = parts
        .vectors
        .documents(customer.customer_id(), Some(building))
        .await;
    let built = built.map_err(Error::from)?;
    if !missing(&published, &built).is_empty() {
        step.end().await?;
        return Ok(false);
    }
    let change = unpublished(&published, &built);
    let written = write(parts, customer, building, &change).await?;
    let dimensions = parts
        .vectors
        .dimensions(customer.customer_id(), Some(written.version))
        .await;
    let built = Built {
        written,
        dimensions: dimensions.map_err(Error::from)?,
        replaced: step.recorded.map_or(0, TableVersion::generation),
    };
    let replaced = step.segments.names();
    lease::check(step.switch(held, built).await?)?;
    segments::discard(parts, customer, replaced).await?;
    Ok(true)
}
