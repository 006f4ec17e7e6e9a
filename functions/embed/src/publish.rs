//! The store step: all documents of a tenant in one change, published once.

use std::{collections::HashMap, time::Duration};

use chrono::Utc;
use dynrag_domain::{
    DocumentId, Error, documents::FailureCode, segments::SegmentRef, tables::TableVersion,
};
use dynrag_store::{
    TenantId,
    ingestion::Claim,
    publication::{Committed, LockedDocument, Publication, StoreStep, Table, Written},
};
use dynrag_vectors::{Change, Recorded, Stored};
use futures::future::join;

use crate::{chunked::Prepared, parts::Parts, segments, stop::Stop};

/// Number of small files beyond which they are merged: each costs a reader of the table a request.
const MAX_SMALL_FILES: usize = 16;

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
    let (stored, segment) = match write(parts, customer, step.recorded, &change).await {
        Ok(both) => both,
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
        written: Written {
            version,
            rows: stored.rows,
            segment,
        },
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
    Ok(lost)
}

/// Writes a change to a table, and its segment beside it. Neither is visible until it is recorded.
pub(crate) async fn write(
    parts: &Parts,
    customer: TenantId,
    recorded: Recorded,
    change: &Change,
) -> Result<(Stored, Option<SegmentRef>), dynrag_vectors::Error> {
    let id = customer.customer_id();
    let stored = parts.vectors.store(id, recorded, change);
    let (stored, segment) = join(stored, parts.vectors.write_segment(id, change)).await;
    match (stored, segment) {
        (Ok(stored), Ok(segment)) => Ok((stored, segment)),
        (Ok(_), Err(error)) => Err(error),
        (Err(error), segment) => {
            let names = segment.ok().flatten().map(|segment| segment.name);
            parts.vectors.delete_segments(id, names).await?;
            Err(error)
        }
    }
}

/// Merges the small files of a table, if there are many; returns how many files there are.
pub(crate) async fn tidy(parts: &Parts, customer: TenantId) -> Result<usize, Error> {
    let id = customer.customer_id();
    let step = parts.store.begin_maintenance(customer).await?;
    let Some(recorded) = step.recorded else {
        return step.end().await.map(|()| 0);
    };
    let (files, small) = parts.vectors.files(id, recorded).await?;
    if small <= MAX_SMALL_FILES {
        return step.end().await.map(|()| files);
    }
    let compacted = parts.vectors.merge_files(id, recorded).await?;
    let version = compacted.version.unwrap_or(recorded);
    let written = Written {
        version,
        rows: compacted.rows,
        segment: None,
    };
    // Under the lock, as the version may be pruned after it.
    let (files, _) = parts.vectors.files(id, version).await?;
    step.publish_version(written).await?;
    prune(parts, customer).await?;
    Ok(files)
}

/// Drops all Lance versions except the recorded ones, under the lock. A reader of an older one starts again
/// with the recorded version.
pub(crate) async fn prune(parts: &Parts, customer: TenantId) -> Result<(), Error> {
    let step = parts.store.begin_maintenance(customer).await?;
    let building = step.building.as_ref().map(|(version, _)| *version);
    for recorded in [step.recorded, building].into_iter().flatten() {
        let pruned = parts
            .vectors
            .prune(customer.customer_id(), recorded)
            .await?;
        tracing::info!(customer_id = %customer, versions = pruned.versions, files = pruned.data_files, "pruned");
    }
    step.end().await
}

/// Removes rows from the recorded table and from the one being built, rewrites the files that contained
/// them, and drops the versions that still do. Returns whether no segment holds them either: large ones are left to
/// maintenance.
pub(crate) async fn remove(
    parts: &Parts,
    step: StoreStep,
    customer: TenantId,
    change: &Change,
) -> Result<bool, Error> {
    let id = customer.customer_id();
    // A removal that is repeated leaves no second tombstone where the first was enough.
    let lists = [Table::Present, Table::Building].map(|table| &step.list(table).segments);
    let recorded: Vec<SegmentRef> = lists.into_iter().flatten().copied().collect();
    let is_held = match parts.vectors.segments_with(id, &recorded, change).await {
        Ok(holding) => !holding.is_empty(),
        Err(dynrag_vectors::Error::Segment(_)) => true,
        Err(error) => return Err(error.into()),
    };
    let segment = match is_held {
        true => parts.vectors.write_segment(id, change).await?,
        false => None,
    };
    if let Some((building, _)) = step.building {
        let written = without(parts, customer, building, change).await?;
        step.set_building(Written { segment, ..written }).await?;
    }
    match step.recorded {
        Some(recorded) => {
            let written = without(parts, customer, recorded, change).await?;
            let dropped = step.publish_removal(Written { segment, ..written }).await?;
            segments::discard(parts, customer, dropped).await?;
        }
        None => step.end().await?,
    }
    prune(parts, customer).await?;
    segments::clean(parts, customer, change).await
}

/// Removes a change's rows from a table; returns what to record.
async fn without(
    parts: &Parts,
    customer: TenantId,
    recorded: TableVersion,
    change: &Change,
) -> Result<Written, Error> {
    let stored = parts
        .vectors
        .store(customer.customer_id(), Some(recorded), change)
        .await?;
    let (version, rows) = match stored.version {
        Some(version) => {
            let compacted = parts
                .vectors
                .compact(customer.customer_id(), version)
                .await?;
            (compacted.version.unwrap_or(version), compacted.rows)
        }
        // It was never written to.
        None => (recorded, 0),
    };
    Ok(Written {
        version,
        rows,
        segment: None,
    })
}
