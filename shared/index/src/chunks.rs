//! Chunks by what they are called: neighbours of a hit, and the children of a parent.

use std::ops::Range;

use dynrag_domain::{
    VersionNumber,
    ids::{CustomerId, DocumentId},
};

use crate::{
    Budget, Cache, Ranges, Record, Result, SegmentRef, cache::Wanted, documents::Covers,
    segment::Part,
};

/// Chunks of a version of a document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Chunks {
    /// The document.
    pub document: DocumentId,
    /// The version.
    pub version: VersionNumber,
    /// Which of its chunks.
    pub which: Which,
}

/// Which chunks of a version.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Which {
    /// Those with these indexes, as far as they exist.
    Indexes(Range<u32>),
    /// The children of a parent.
    Parent(u32),
}

/// Finds chunks; one round after a search that found one of them. Returns a list for each of `wanted`, in the order of the
/// chunks' indexes. Superseded versions have chunks too, removed ones have none.
///
/// # Errors
/// As [`crate::rank`].
pub async fn chunks<R: Ranges>(
    cache: &Cache,
    ranges: &R,
    customer: CustomerId,
    segments: &[SegmentRef],
    wanted: &[Chunks],
) -> Result<Vec<Vec<Record>>> {
    let opened = cache.open(ranges, customer, segments).await?;
    let mut covers = Covers::default();
    for (number, opened) in opened.iter().enumerate() {
        covers.add(number, &opened.segment.tombstones);
    }
    let (mut rows, mut parts) = (Vec::new(), Vec::new());
    for (number, opened) in opened.iter().enumerate() {
        let segment = &opened.segment;
        let documents = covers.apply(number, &segment.documents);
        let columns = &segment.columns;
        // What is wanted of each version; rows are looked through once.
        let mut of_version: Vec<Vec<usize>> = vec![Vec::new(); documents.len()];
        for (place, chunks) in wanted.iter().enumerate() {
            // The versions of a document follow each other in the table.
            let name = (chunks.document, chunks.version);
            let first = segment
                .documents
                .partition_point(|document| (document.id, document.version) < name);
            let same = segment.documents.iter().skip(first);
            let same = same.take_while(|document| (document.id, document.version) == name);
            let left = documents.iter().skip(first).take(same.count());
            for (of_version, _) in of_version
                .iter_mut()
                .skip(first)
                .zip(left)
                .filter(|(_, left)| left.is_some())
            {
                of_version.push(place);
            }
        }
        if of_version.iter().all(Vec::is_empty) {
            continue;
        }
        let each = (0u32..)
            .zip(&columns.document)
            .zip(&columns.index)
            .zip(&columns.parent);
        for (((row, version), index), parent) in each {
            for place in of_version.get(*version as usize).into_iter().flatten() {
                let is_wanted = wanted
                    .get(*place)
                    .is_some_and(|chunks| match &chunks.which {
                        Which::Indexes(indexes) => indexes.contains(index),
                        Which::Parent(wanted) => parent.checked_sub(1) == Some(*wanted),
                    });
                if is_wanted {
                    rows.push((*place, opened, row));
                    parts.push(Wanted {
                        opened: opened.clone(),
                        part: Part::Row(row),
                        rank: 0,
                        budget: 0,
                    });
                }
            }
        }
    }
    let blocks = cache
        .parts(ranges, customer, &parts, &[Budget::UNLIMITED])
        .await?;
    let mut found: Vec<Vec<Record>> = vec![Vec::new(); wanted.len()];
    for ((place, opened, row), block) in rows.into_iter().zip(blocks) {
        if let (Some(found), Some(block)) = (found.get_mut(place), block) {
            found.push(opened.segment.record(row, &block)?);
        }
    }
    for records in &mut found {
        records.sort_by_key(|record| record.index);
        records.dedup_by_key(|record| record.index);
    }
    Ok(found)
}
