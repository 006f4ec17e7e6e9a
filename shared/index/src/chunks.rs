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
/// As [`crate::search`].
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
        for (place, chunks) in wanted.iter().enumerate() {
            // The versions of a document follow each other in the table.
            let first = segment.documents.partition_point(|document| {
                (document.id, document.version) < (chunks.document, chunks.version)
            });
            let versions = segment
                .documents
                .iter()
                .zip(&documents)
                .enumerate()
                .skip(first);
            let versions: Vec<u32> = versions
                .take_while(|(_, (document, _))| {
                    (document.id, document.version) == (chunks.document, chunks.version)
                })
                .filter(|(_, (_, left))| left.is_some())
                .filter_map(|(version, _)| u32::try_from(version).ok())
                .collect();
            if versions.is_empty() {
                continue;
            }
            let each = (0u32..)
                .zip(&columns.document)
                .zip(&columns.index)
                .zip(&columns.parent);
            for (((row, document), index), parent) in each {
                let is_wanted = versions.contains(document)
                    && match &chunks.which {
                        Which::Indexes(indexes) => indexes.contains(index),
                        Which::Parent(wanted) => parent.checked_sub(1) == Some(*wanted),
                    };
                if is_wanted {
                    rows.push((place, opened, row));
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
