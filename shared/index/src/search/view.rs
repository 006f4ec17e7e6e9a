//! What of a segment a search may find.

use std::{
    collections::{BTreeSet, HashMap},
    ops::Range,
};

use dynrag_analysis::Language;

use super::{Admit, Spot};
use crate::{
    At, Segment,
    cache::Opened,
    documents::{Covers, Document},
    row::Key,
    segment::analysed,
};

/// Some rows of a segment, or all: then there is nothing to look up.
#[derive(Debug)]
pub(super) struct Rows {
    /// For each row whether it is one of them.
    some: Option<Vec<bool>>,
    count: usize,
}

impl Rows {
    fn all(count: usize) -> Self {
        Self { some: None, count }
    }

    fn some(rows: Vec<bool>) -> Self {
        Self {
            count: rows.iter().filter(|row| **row).count(),
            some: Some(rows),
        }
    }

    pub(super) fn is_all(&self) -> bool {
        self.some.is_none()
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }

    pub(super) fn has(&self, row: u32) -> bool {
        self.some
            .as_ref()
            .is_none_or(|some| some.get(row as usize).copied().unwrap_or_default())
    }

    /// How many of a range are among them.
    pub(super) fn count_in(&self, rows: Range<u32>) -> usize {
        if self.is_all() {
            return rows.len();
        }
        rows.filter(|row| self.has(*row)).count()
    }
}

/// A segment with the rows that may be found.
#[derive(Debug)]
pub(super) struct View {
    pub(super) opened: Opened,
    /// Rows that are there at the moment of the search: those that statistics count. Without any, nothing is read.
    pub(super) live: Rows,
    /// Rows that may be found: live ones that are admitted.
    pub(super) admitted: Rows,
}

impl View {
    /// Looks at segments in their order.
    pub(super) fn all(opened: Vec<Opened>, admit: &dyn Admit, at: At) -> Vec<Self> {
        let covers = covers(&opened);
        let numbered = opened.iter().enumerate();
        let shown: Vec<Vec<Option<Document>>> = numbered
            .map(|(number, opened)| {
                let documents = covers.apply(number, &opened.segment.documents);
                let shown = documents.into_iter();
                shown
                    .map(|document| document.filter(|document| at.shows(document)))
                    .collect()
            })
            .collect();
        let repeated = repeated(&opened, &shown);
        let views = opened.into_iter().zip(&shown).enumerate();
        views
            .map(|(number, (opened, shown))| {
                let repeated = repeated.iter().filter(|(segment, _)| *segment == number);
                Self::new(opened, shown, repeated.map(|(_, row)| *row), admit)
            })
            .collect()
    }

    fn new(
        opened: Opened,
        shown: &[Option<Document>],
        repeated: impl Iterator<Item = u32>,
        admit: &dyn Admit,
    ) -> Self {
        let segment = &opened.segment;
        let columns = &segment.columns;
        let rows = columns.document.len();
        let has = |flags: &[bool], place: &u32| flags.get(*place as usize) == Some(&true);
        let is_shown: Vec<bool> = shown.iter().map(Option::is_some).collect();
        let mut repeated = repeated.peekable();
        let live = if repeated.peek().is_none() && !is_shown.contains(&false) {
            Rows::all(rows)
        } else {
            let documents = columns.document.iter();
            let mut live: Vec<bool> = documents.map(|place| has(&is_shown, place)).collect();
            for row in repeated {
                if let Some(live) = live.get_mut(row as usize) {
                    *live = false;
                }
            }
            Rows::some(live)
        };
        let id = |place: u32| Some(shown.get(place as usize)?.as_ref()?.id);
        let is_admitted: Vec<bool> = (0u32..)
            .zip(shown)
            .map(|(place, _)| id(place).is_some_and(|id| admit.document(id)))
            .collect();
        let admits = |(row, place): (u32, &u32)| live.has(row) && has(&is_admitted, place);
        let numbered = (0u32..).zip(&columns.document);
        let admitted = if admit.depends_on_chunks() {
            let rows = numbered.zip(&columns.page);
            Rows::some(
                rows.map(|((row, place), page)| {
                    admits((row, place))
                        && id(*place).is_some_and(|id| {
                            admit.chunk(page.checked_sub(1), segment.language(row), id)
                        })
                })
                .collect(),
            )
        } else if live.is_all() && !is_admitted.contains(&false) {
            Rows::all(rows)
        } else {
            Rows::some(numbered.map(admits).collect())
        };
        Self {
            opened,
            live,
            admitted,
        }
    }

    pub(super) fn segment(&self) -> &Segment {
        &self.opened.segment
    }

    /// How many rows are live, and how many words they have together.
    pub(super) fn statistics(&self) -> (u64, u64) {
        let segment = self.segment();
        let words = if self.live.is_all() {
            segment.meta.words
        } else {
            let words = (0u32..).zip(&segment.columns.words);
            let words = words.filter(|(row, _)| self.live.has(*row));
            words.map(|(_, words)| u64::from(*words)).sum()
        };
        (self.live.count() as u64, words)
    }

    /// How live rows were analysed.
    pub(super) fn languages(&self) -> BTreeSet<Language> {
        let segment = self.segment();
        if self.live.is_all() {
            return segment.analysed.clone();
        }
        let numbers = (0u32..).zip(&segment.columns.language);
        let numbers = numbers.filter(|(row, _)| self.live.has(*row));
        analysed(&segment.meta, numbers.map(|(_, number)| *number))
    }
}

/// The tombstones of segments.
pub(crate) fn covers(opened: &[Opened]) -> Covers {
    let mut covers = Covers::default();
    for (number, opened) in opened.iter().enumerate() {
        covers.add(number, &opened.segment.tombstones);
    }
    covers
}

/// The rows of chunks that are there twice, such as after a publication that was repeated by mistake: all but the last
/// of each. A builder writes none, so that they are in two segments, or of versions that differ in their times.
fn repeated(opened: &[Opened], shown: &[Vec<Option<Document>>]) -> BTreeSet<Spot> {
    let mut versions: Vec<_> = shown
        .iter()
        .enumerate()
        .flat_map(|(segment, shown)| {
            let places = (0u32..).zip(shown);
            places.filter_map(move |(place, document)| {
                let document = document.as_ref()?;
                Some(((document.id, document.version), segment, place))
            })
        })
        .collect();
    // A few sorted runs, which a stable sort merges.
    versions.sort();
    let same = versions.chunk_by(|(a, ..), (b, ..)| a == b);
    let mut twice: BTreeSet<(usize, u32)> = BTreeSet::new();
    for same in same.filter(|same| same.len() > 1) {
        twice.extend(same.iter().map(|(_, segment, place)| (*segment, *place)));
    }
    let segments: BTreeSet<usize> = twice.iter().map(|(segment, _)| *segment).collect();
    let mut last: HashMap<Key, Spot> = HashMap::new();
    let mut repeated = BTreeSet::new();
    for number in segments {
        let Some(opened) = opened.get(number) else {
            continue;
        };
        let segment = &opened.segment;
        for (row, place) in (0u32..).zip(&segment.columns.document) {
            if !twice.contains(&(number, *place)) {
                continue;
            }
            let Some(key) = segment.key(row) else {
                continue;
            };
            repeated.extend(last.insert(key, (number, row)));
        }
    }
    repeated
}
