//! The segments of the search index after they were published: merged, completed, and cleaned of what was removed. All of it
//! happens beside the publications; the tenant's lock is held only to record a list.
//!
//! | it dies | what is left | who recovers it |
//! |---|---|---|
//! | before a list is recorded | objects that no list names | the next maintenance, an hour later |
//! | after that, before the old objects are deleted | the same | the same |
//! | frozen until the list has changed | what it wrote, which it deletes itself | |

use std::{collections::HashSet, time::Duration};

use chrono::{TimeDelta, Utc};
use dynrag_domain::{
    Error,
    segments::{Before, SegmentList, SegmentName, SegmentRef},
};
use dynrag_store::{
    TenantId,
    maintenance::Recall,
    publication::{StoreStep, Table},
};
use dynrag_vectors::{Change, Orphans};
use tokio::time::Instant;

use crate::{parts::Parts, publish};

/// Largest segment that is cleaned with a deletion; others are left to maintenance.
const MOST_CLEANED: u64 = 64 * 1024 * 1024;
/// Bytes of segments that are merged while another model's table is built.
const MOST_BUILDING: u64 = 256 * 1024 * 1024;
/// Seconds in which other workers usually record or delete what they have written.
const SETTLING: u32 = 15;
/// Longer than the function runs.
const LEASE: Duration = Duration::from_secs(16 * 60);
/// When work is tried again that others were in the way of.
const LATER: TimeDelta = TimeDelta::minutes(5);
/// How often recall is sampled at most, and the time that is left for it.
const RECALL_EVERY: TimeDelta = TimeDelta::days(1);
const FOR_RECALL: Duration = Duration::from_secs(180);
/// Vectors with which recall is sampled.
const QUERIES: usize = 20;
/// Attempts to record a list that others change.
const TRIES: u32 = 5;
/// Objects that no list names are deleted from this age on: the longest time between writing and recording one.
const ORPHANED: TimeDelta = TimeDelta::hours(1);

/// Makes the list of a customer's table complete and short, and its files few; deletes what no list names. One worker at
/// a time does it for a customer: two would begin each other's base again.
pub(crate) async fn maintain(
    parts: &Parts,
    customer: TenantId,
    deadline: Instant,
) -> Result<(), Error> {
    let step = parts.store.begin_maintenance(customer).await?;
    if !step.claim_maintenance(LEASE).await? {
        tracing::info!(customer_id = %customer, "maintenance is another worker's");
        return Ok(());
    }
    let done = maintain_claimed(parts, customer, deadline).await;
    if done.is_err()
        && let Err(error) = parts.store.release_maintenance(customer).await
    {
        tracing::warn!(customer_id = %customer, cause = error.internal(), "the lease on maintenance lapses");
    }
    done
}

async fn maintain_claimed(
    parts: &Parts,
    customer: TenantId,
    deadline: Instant,
) -> Result<(), Error> {
    // What is merged is in memory, with a quarter more, and a sample of its vectors.
    let most = parts.memory_bytes / 2;
    clean_removals(parts, customer, most).await?;
    let (mut work, mut is_changed) = (Work::More, false);
    while work == Work::More && Instant::now() < deadline {
        work = complete(parts, customer, most).await?;
        if work == Work::Done {
            work = merge(parts, customer, Table::Present, most).await?;
        }
        is_changed |= work == Work::More;
    }
    let fragments = publish::tidy(parts, customer).await?;
    let orphans = delete_orphans(parts, customer).await?;
    let recall = match is_changed && work == Work::Done && Instant::now() + FOR_RECALL < deadline {
        true => recall(parts, customer).await?,
        false => None,
    };
    let step = parts.store.begin_maintenance(customer).await?;
    // Under the lock: a publication after this makes it due itself.
    let is_due = step.segments.is_due(step.recorded) && step.segments.to_merge(most).is_some()
        || step.segments.complete(step.recorded).is_none() && step.recorded.is_some();
    let due = match work {
        Work::More => Some(Utc::now()),
        Work::Later => Some(Utc::now() + LATER),
        Work::Done if is_due => Some(Utc::now()),
        // When they are old enough to be deleted.
        Work::Done if !orphans.left.is_empty() => Some(Utc::now() + ORPHANED),
        Work::Done => None,
    };
    let (segments, bytes) = (step.segments.segments.len(), step.segments.bytes());
    step.end_maintenance(due, fragments, recall).await?;
    tracing::info!(
        customer_id = %customer, segments, bytes, fragments, orphans = orphans.deleted, due = ?due,
        recall = recall.map(|recall| recall.at_10), "maintained"
    );
    Ok(())
}

/// What is left of a part of maintenance.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Work {
    /// Nothing.
    Done,
    /// Something was done, and there may be more.
    More,
    /// Others are in the way.
    Later,
}

/// Rewrites the segments that hold something of what is being removed, which were too large for the removal itself.
async fn clean_removals(parts: &Parts, customer: TenantId, most: u64) -> Result<(), Error> {
    let step = parts.store.begin_maintenance(customer).await?;
    let removals = step.removals().await?;
    step.end().await?;
    if removals.documents.is_empty() && removals.versions.is_empty() {
        return Ok(());
    }
    let change = Change {
        delete: removals.documents,
        forget: removals.versions,
        ..Change::none(Utc::now())
    };
    for table in [Table::Present, Table::Building] {
        clean_list(parts, customer, table, &change, most).await?;
    }
    Ok(())
}

/// Samples the recall of an index that is not compared as a whole.
async fn recall(parts: &Parts, customer: TenantId) -> Result<Option<Recall>, Error> {
    let health = parts.store.index_health(customer).await?;
    let is_recent = |recall: Recall| recall.measured_at + RECALL_EVERY > Utc::now();
    if health.recall.is_some_and(is_recent) {
        return Ok(None);
    }
    let step = parts.store.begin_maintenance(customer).await?;
    let segments = step.segments.complete(step.recorded).map(<[_]>::to_vec);
    step.end().await?;
    let is_estimated = |segment: &SegmentRef| segment.first < segment.size;
    let Some(segments) = segments.filter(|segments| segments.iter().any(is_estimated)) else {
        return Ok(None);
    };
    let id = customer.customer_id();
    let sampled = match parts.vectors.recall(id, &segments, QUERIES).await {
        Ok(sampled) => sampled,
        // It has been published or removed meanwhile; the next maintenance measures.
        Err(error) => {
            tracing::info!(customer_id = %customer, cause = %error, "recall was not measured");
            return Ok(None);
        }
    };
    let recall = sampled.share().map(|at_10| Recall {
        at_10: f64::from(at_10),
        queries: i32::try_from(sampled.queries).unwrap_or(i32::MAX),
        measured_at: Utc::now(),
    });
    Ok(recall)
}

/// Builds what an incomplete list lacks, of the whole table.
async fn complete(parts: &Parts, customer: TenantId, most: u64) -> Result<Work, Error> {
    let step = parts.store.begin_maintenance(customer).await?;
    let dropped: Vec<SegmentName> = match step.segments.complete(step.recorded) {
        Some(_) => Vec::new(),
        None => step.segments.names(),
    };
    let Some(version) = step.begin_base().await? else {
        return Ok(Work::Done);
    };
    discard(parts, customer, dropped).await?;
    let id = customer.customer_id();
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let built = match parts.vectors.build_segments(id, version, most).await {
        Ok(built) => built,
        // Pruned meanwhile: something is being removed.
        Err(dynrag_vectors::Error::VersionGone) => return Ok(Work::Later),
        Err(error) => return Err(error.into()),
    };
    let names: Vec<SegmentName> = built.iter().map(|segment| segment.name).collect();
    let step = parts.store.begin_maintenance(customer).await?;
    match step.segments.with_base(version, built) {
        Some(list) => {
            step.record_segments(Table::Present, &list).await?;
            tracing::info!(customer_id = %customer, base = names.len(), segments = list.segments.len(), "search index completed");
            Ok(Work::More)
        }
        // Something was removed meanwhile, which the base may hold.
        None => {
            step.end().await?;
            discard(parts, customer, names).await?;
            Ok(Work::Later)
        }
    }
}

/// Merges segments of the table that is being built, if it has many: readers get a list as short as that of any table.
pub(crate) async fn merge_building(parts: &Parts, customer: TenantId) -> Result<(), Error> {
    let step = parts.store.begin_maintenance(customer).await?;
    let is_due = step.list(Table::Building).has_many();
    step.end().await?;
    if is_due {
        merge(parts, customer, Table::Building, MOST_BUILDING).await?;
    }
    Ok(())
}

/// Merges the next run of a table's segments, if there is one.
async fn merge(parts: &Parts, customer: TenantId, table: Table, most: u64) -> Result<Work, Error> {
    let step = parts.store.begin_maintenance(customer).await?;
    let list = step.list(table).clone();
    step.end().await?;
    let Some((run, first)) = list
        .to_merge(most)
        .and_then(|run| Some((run, run.first()?)))
    else {
        return Ok(Work::Done);
    };
    let before = list.before(first.name);
    let id = customer.customer_id();
    match parts.vectors.merge_segments(id, run, before).await {
        Ok(merged) => {
            let replaced = replace(parts, customer, table, run, &merged, before).await?;
            tracing::info!(customer_id = %customer, segments = run.len(), into = merged.len(), replaced, "segments merged");
        }
        // Cleaned or merged by another worker meanwhile, or lost.
        Err(dynrag_vectors::Error::Segment(unreadable)) => {
            tracing::warn!(customer_id = %customer, segment = %unreadable.name, cause = unreadable.cause, "a segment cannot be read");
            if !unreadable.is_lost {
                return Ok(Work::Later);
            }
            parts.store.lose_segment(customer, unreadable.name).await?;
        }
        Err(error) => return Err(error.into()),
    }
    Ok(Work::More)
}

/// Rewrites the segments that hold something of what a change removed. Returns whether none does any more: large ones are
/// left to maintenance, and others may be merging them.
pub(crate) async fn clean(
    parts: &Parts,
    customer: TenantId,
    change: &Change,
) -> Result<bool, Error> {
    for _ in 0..TRIES {
        let mut work = Work::Done;
        for table in [Table::Present, Table::Building] {
            match clean_list(parts, customer, table, change, MOST_CLEANED).await? {
                Work::Done => {}
                Work::Later => work = Work::Later,
                Work::More if work == Work::Done => work = Work::More,
                Work::More => {}
            }
        }
        match work {
            Work::Done => return settled(parts, customer).await,
            Work::More => {}
            Work::Later => break,
        }
    }
    parts.store.request_maintenance(customer).await?;
    Ok(false)
}

/// Waits until what others were writing is recorded or deleted again: what no list names may hold what was removed too.
/// Returns whether nothing is left.
async fn settled(parts: &Parts, customer: TenantId) -> Result<bool, Error> {
    let mut written = delete_orphans(parts, customer).await?.left;
    for _ in 0..SETTLING {
        if written.is_empty() {
            return Ok(true);
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        let left = delete_orphans(parts, customer).await?.left;
        written.retain(|name| left.contains(name));
    }
    Ok(written.is_empty())
}

/// Deletes objects that no list names and that nobody can be about to record. Under the lock, under which publications
/// write theirs: young ones can only be of a merge or a base.
async fn delete_orphans(parts: &Parts, customer: TenantId) -> Result<Orphans, Error> {
    let step = parts.store.begin_maintenance(customer).await?;
    let named: HashSet<SegmentName> = step.named_segments().collect();
    let id = customer.customer_id();
    let orphans = parts.vectors.delete_orphans(id, &named, ORPHANED).await?;
    step.end().await?;
    Ok(orphans)
}

/// Rewrites those of a list, of at most so many bytes each.
async fn clean_list(
    parts: &Parts,
    customer: TenantId,
    table: Table,
    change: &Change,
    most: u64,
) -> Result<Work, Error> {
    let step = parts.store.begin_maintenance(customer).await?;
    let list = step.list(table).clone();
    step.end().await?;
    match clean_each(parts, customer, table, &list, change, most).await {
        Err(CleanError::Lost(name)) => {
            parts.store.lose_segment(customer, name).await?;
            Ok(Work::More)
        }
        Err(CleanError::Other(error)) => Err(error),
        Ok(work) => Ok(work),
    }
}

/// Why segments were not rewritten.
enum CleanError {
    Lost(SegmentName),
    Other(Error),
}

impl From<dynrag_vectors::Error> for CleanError {
    fn from(error: dynrag_vectors::Error) -> Self {
        match error {
            dynrag_vectors::Error::Segment(of) if of.is_lost => Self::Lost(of.name),
            error => Self::Other(error.into()),
        }
    }
}

impl From<Error> for CleanError {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

async fn clean_each(
    parts: &Parts,
    customer: TenantId,
    table: Table,
    list: &SegmentList,
    change: &Change,
    most: u64,
) -> Result<Work, CleanError> {
    let (id, vectors) = (customer.customer_id(), &parts.vectors);
    let mut work = Work::Done;
    for segment in vectors.segments_with(id, &list.segments, change).await? {
        if segment.size > most {
            work = Work::Later;
            continue;
        }
        let before = list.before(segment.name);
        let cleaned = vectors.clean_segment(id, segment, before, change).await?;
        let is_replaced = replace(parts, customer, table, &[segment], &cleaned, before).await?;
        if !is_replaced && work == Work::Done {
            work = Work::More;
        }
    }
    Ok(work)
}

/// Records segments in the place of others, and deletes those. If the others are not there any more, the new ones are
/// deleted (false).
async fn replace(
    parts: &Parts,
    customer: TenantId,
    table: Table,
    old: &[SegmentRef],
    new: &[SegmentRef],
    before: Before,
) -> Result<bool, Error> {
    let names = |of: &[SegmentRef]| of.iter().map(|segment| segment.name).collect::<Vec<_>>();
    let step: StoreStep = parts.store.begin_maintenance(customer).await?;
    let list = step.list(table).replace(&names(old), new, before);
    let unnamed = match &list {
        Some(list) => {
            step.record_segments(table, list).await?;
            names(old)
        }
        None => {
            step.end().await?;
            names(new)
        }
    };
    discard(parts, customer, unnamed).await?;
    Ok(list.is_some())
}

/// Deletes segments, as far as no list names them: the present table and the one that is being built share some.
pub(crate) async fn discard(
    parts: &Parts,
    customer: TenantId,
    mut segments: Vec<SegmentName>,
) -> Result<(), Error> {
    if segments.is_empty() {
        return Ok(());
    }
    let step = parts.store.begin_maintenance(customer).await?;
    let named: HashSet<SegmentName> = step.named_segments().collect();
    step.end().await?;
    segments.retain(|name| !named.contains(name));
    let id = customer.customer_id();
    Ok(parts.vectors.delete_segments(id, segments).await?)
}
