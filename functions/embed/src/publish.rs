//! The store step: all documents of a tenant in one change, published once.

use std::{collections::HashMap, time::Duration};

use chrono::Utc;
use dynrag_domain::{DocumentId, Error, documents::FailureCode, tables::TableVersion};
use dynrag_store::{
    TenantId,
    ingestion::Claim,
    publication::{Committed, LockedDocument, Publication, StoreStep},
};
use dynrag_vectors::Change;

use crate::{chunked::Prepared, parts::Parts, stop::Stop};

/// Number of files beyond which a table is compacted: each costs a reader a request.
const MAX_FRAGMENTS: usize = 16;

/// Writes the documents whose leases are still valid, under the tenant's lock, and publishes them. Returns
/// the claims that were lost in the meantime.
pub(crate) async fn publish<'a>(
    parts: &Parts,
    customer: TenantId,
    model: &str,
    documents: &'a [Prepared],
) -> Result<Vec<&'a Claim>, Stop> {
    let step = parts.store.begin_store_step(customer).await?;
    let claims: Vec<_> = documents
        .iter()
        .map(|prepared| &*prepared.lease.claim)
        .collect();
    let locked: HashMap<DocumentId, LockedDocument> = step
        .lock(&claims)
        .await?
        .into_iter()
        .map(|locked| (locked.document_id, locked))
        .collect();
    let (documents, lost): (Vec<&Prepared>, Vec<&Prepared>) = documents
        .iter()
        .partition(|prepared| locked.contains_key(&prepared.lease.claim.document_id));
    let lost = lost.iter().map(|prepared| &*prepared.lease.claim).collect();
    if documents.is_empty() {
        step.end().await?;
        return Ok(lost);
    }

    let at = Utc::now();
    let mut change = Change::none(at);
    for prepared in &documents {
        let claim = &prepared.lease.claim;
        change.append.extend(prepared.rows.iter().cloned());
        if locked
            .get(&claim.document_id)
            .is_some_and(|locked| locked.published_version.is_some())
        {
            change.supersede.push((claim.document_id, claim.version));
        }
    }
    let dimensions = change.append.first().map_or(0, |row| row.vector.len());
    let stored = match parts
        .vectors
        .store(customer.customer_id(), step.recorded, &change)
        .await
    {
        Ok(stored) => stored,
        // The table was replaced by another model's after these were embedded: the next attempt uses that
        // model.
        Err(dynrag_vectors::Error::ModelChanged { .. }) if step.configured_model != model => {
            return Err(Stop::Wait(Duration::from_secs(1)));
        }
        Err(dynrag_vectors::Error::ModelChanged { stored, given }) => {
            let detail = format!("the table has {stored}, the document {given}");
            return Err(Stop::Failed(FailureCode::EmbeddingModelChanged, detail));
        }
        Err(error) => return Err(Error::from(error).into()),
    };
    let version = stored
        .version
        .ok_or_else(|| Error::internal_fault("store step made no version"))?;
    let committed = Committed {
        version,
        rows: stored.rows,
        embedding_model: model,
        dimensions: u32::try_from(dimensions).map_err(Error::internal_fault)?,
    };
    let publications = documents
        .iter()
        .map(|prepared| {
            let claim = &prepared.lease.claim;
            Ok(Publication {
                document_id: claim.document_id,
                version: claim.version,
                chunks: i32::try_from(prepared.rows.len()).map_err(Error::internal_fault)?,
                tokens: prepared.tokens,
                chunk_tokens: prepared.chunk_tokens,
            })
        })
        .collect::<Result<Vec<_>, Error>>()?;
    step.publish(committed, at, &publications).await?;
    tracing::info!(
        customer_id = %customer, documents = publications.len(), chunks = change.append.len(),
        lance_version = version.number(), commits = stored.commits, "published"
    );
    tidy(parts, customer, version).await;
    Ok(lost)
}

/// Compacts a table of many files. The documents are published: a failure here costs readers a few
/// requests, and the next publication tries again.
pub(crate) async fn tidy(parts: &Parts, customer: TenantId, version: TableVersion) {
    let tidied = async {
        if parts
            .vectors
            .fragments(customer.customer_id(), Some(version))
            .await?
            <= MAX_FRAGMENTS
        {
            return Ok(());
        }
        let step = parts.store.begin_maintenance(customer).await?;
        let Some(recorded) = step.recorded else {
            return Ok(());
        };
        let compacted = parts
            .vectors
            .compact(customer.customer_id(), recorded)
            .await?;
        let Some(version) = compacted.version else {
            return Ok(());
        };
        step.publish_version(version, compacted.rows).await?;
        prune(parts, customer).await
    };
    if let Err(error) = tidied.await {
        tracing::warn!(customer_id = %customer, code = error.code(), cause = error.internal(), "table was not tidied");
    }
}

/// Drops all Lance versions except the recorded ones, under the lock. A reader of an older one starts again
/// with the recorded version.
pub(crate) async fn prune(parts: &Parts, customer: TenantId) -> Result<(), Error> {
    let step = parts.store.begin_maintenance(customer).await?;
    for recorded in [step.recorded, step.building].into_iter().flatten() {
        let pruned = parts
            .vectors
            .prune(customer.customer_id(), recorded)
            .await?;
        tracing::info!(customer_id = %customer, versions = pruned.versions, files = pruned.data_files, "pruned");
    }
    step.end().await
}

/// Removes rows from the recorded table and from the one being built, rewrites the files that contained
/// them, and drops the versions that still do.
pub(crate) async fn remove(
    parts: &Parts,
    step: StoreStep,
    customer: TenantId,
    change: &Change,
) -> Result<(), Error> {
    if let Some(building) = step.building {
        let (version, rows) = without(parts, customer, building, change).await?;
        step.set_building(version, rows).await?;
    }
    match step.recorded {
        Some(recorded) => {
            let (version, rows) = without(parts, customer, recorded, change).await?;
            step.publish_version(version, rows).await?;
        }
        None => step.end().await?,
    }
    prune(parts, customer).await
}

/// Removes a change's rows from a table; returns the version to record, and its rows.
async fn without(
    parts: &Parts,
    customer: TenantId,
    recorded: TableVersion,
    change: &Change,
) -> Result<(TableVersion, u64), Error> {
    let stored = parts
        .vectors
        .store(customer.customer_id(), Some(recorded), change)
        .await?;
    let Some(version) = stored.version else {
        // It was never written to.
        return Ok((recorded, 0));
    };
    let compacted = parts
        .vectors
        .compact(customer.customer_id(), version)
        .await?;
    Ok((compacted.version.unwrap_or(version), compacted.rows))
}
