//! Segments of the search index, and the list of them that Postgres records with a table's version.
//!
//! A segment is an object derived from rows of a table (`shared/index`). A list is **complete** if its segments hold all
//! that the recorded version of the table holds; only then it is searched in the table's place. It says itself up to which
//! version of the table it reaches, so that a release that records a version without knowing of lists makes it incomplete.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::tables::TableVersion;

/// The name of a segment, unique among all customers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SegmentName(Uuid);

impl SegmentName {
    /// Generates a name; later ones sort later.
    pub fn generate() -> Self {
        Self(Uuid::now_v7())
    }

    /// Parses the last part of a segment's key; `None` if no segment has such a name.
    pub fn parse(text: &str) -> Option<Self> {
        Uuid::try_parse(text).ok().map(Self)
    }
}

impl From<Uuid> for SegmentName {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

impl fmt::Display for SegmentName {
    /// Writes the hyphenated lower-case form.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_hyphenated().fmt(f)
    }
}

/// A segment as Postgres records it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SegmentRef {
    /// Its name.
    pub name: SegmentName,
    /// Bytes of the whole object.
    pub size: u64,
    /// Bytes to read first, from the start.
    pub first: u64,
    /// Rows, superseded ones included.
    pub rows: u32,
    /// Rows that were not superseded when it was written.
    pub current: u32,
    /// Tombstones.
    pub tombstones: u32,
}

impl SegmentRef {
    /// Whether only searches of the past need it.
    pub const fn is_history(&self) -> bool {
        self.current == 0 && self.tombstones == 0
    }
}

/// What precedes segments in a list. What their tombstones are kept for, if they are written again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Before {
    /// Nothing: no tombstone is needed.
    Nothing,
    /// Segments that only searches of the past need: removals are.
    History,
    /// Other segments, or a base that is still to come: all are.
    Rows,
}

/// Most segments of a list. A list that maintenance has not shortened for so long starts again, and the table is searched.
const MOST: usize = 512;
/// Small segments of a list from which maintenance is due.
const MANY: usize = 8;
/// Bytes that a search reads first of small segments, from which maintenance is due too: one merged segment takes fewer.
const MUCH: u64 = 16 * 1024 * 1024;
/// Segments up to so many rows together are merged, whatever their sizes: that takes a second or two.
const SMALL: u64 = 16_384;
/// A segment is merged with later ones if it has at most so many times their rows, so that each row is written few times.
const RATIO: u64 = 4;

/// The segments that are recorded with a version of a table.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct SegmentList {
    /// In the order of what they hold: a segment's tombstones are about the segments before it.
    pub segments: Vec<SegmentRef>,
    /// They hold what changed after this version; `None`: from the first row on.
    pub since: Option<TableVersion>,
    /// They hold what changed up to this version; `None`: nothing did.
    pub until: Option<TableVersion>,
}

impl SegmentList {
    /// The list of a table of which nothing was recorded.
    pub const NONE: Self = Self {
        segments: Vec::new(),
        since: None,
        until: None,
    };

    /// The list of an empty table.
    pub const fn of_empty(table: TableVersion) -> Self {
        Self {
            segments: Vec::new(),
            since: None,
            until: Some(table),
        }
    }

    /// A list without segments: they will hold what changes after a version.
    pub const fn since(version: TableVersion) -> Self {
        Self {
            segments: Vec::new(),
            since: Some(version),
            until: Some(version),
        }
    }

    /// The segments, if they hold all of a table's version.
    pub fn complete(&self, recorded: Option<TableVersion>) -> Option<&[SegmentRef]> {
        (self.since.is_none() && self.until == recorded).then_some(self.segments.as_slice())
    }

    /// The list of the version that follows `recorded`, with the segment of what changed, if anything did.
    #[must_use]
    pub fn next(
        mut self,
        recorded: Option<TableVersion>,
        next: Option<TableVersion>,
        changed: Option<SegmentRef>,
    ) -> Self {
        if self.until != recorded || self.segments.len() >= MOST {
            // Something is missing between, or the list is too long: what follows is kept for the next base.
            self.segments.clear();
            self.since = recorded;
        }
        self.segments.extend(changed);
        self.until = next;
        self
    }

    /// The list with a base in front: segments built of the version at which the list begins. `None` if it does not begin
    /// there.
    pub fn with_base(&self, built_of: TableVersion, base: Vec<SegmentRef>) -> Option<Self> {
        (self.since == Some(built_of)).then(|| Self {
            segments: base
                .into_iter()
                .chain(self.segments.iter().copied())
                .collect(),
            since: None,
            until: self.until,
        })
    }

    /// What precedes a segment.
    pub fn before(&self, name: SegmentName) -> Before {
        let mut before = self
            .segments
            .iter()
            .take_while(|segment| segment.name != name);
        match self.since {
            Some(_) => Before::Rows,
            None if before.clone().next().is_none() => Before::Nothing,
            None if before.all(SegmentRef::is_history) => Before::History,
            None => Before::Rows,
        }
    }

    /// The list with `new` segments in the place of old ones, which follow each other. `None` if they are not there, or if
    /// more precedes them than when the new ones were written: they may lack tombstones. Segments that only searches of
    /// the past need come first: nothing but removals is still to be applied to them.
    pub fn replace(&self, old: &[SegmentName], new: &[SegmentRef], before: Before) -> Option<Self> {
        let first = *old.first()?;
        let start = self
            .segments
            .iter()
            .position(|segment| segment.name == first)?;
        let end = start + old.len();
        let names = self
            .segments
            .get(start..end)?
            .iter()
            .map(|segment| &segment.name);
        if !names.eq(old) || self.before(first) > before {
            return None;
        }
        let (history, current): (Vec<SegmentRef>, Vec<SegmentRef>) =
            new.iter().partition(|segment| segment.is_history());
        let (earlier, later) = (&self.segments[..start], &self.segments[end..]);
        let segments = history.iter().chain(earlier).chain(&current).chain(later);
        Some(Self {
            segments: segments.copied().collect(),
            ..self.clone()
        })
    }

    /// The names of its segments.
    pub fn names(&self) -> Vec<SegmentName> {
        self.segments.iter().map(|segment| segment.name).collect()
    }

    /// Whether a segment is in it.
    pub fn has(&self, name: SegmentName) -> bool {
        self.segments.iter().any(|segment| segment.name == name)
    }

    /// Whether maintenance is due.
    pub fn is_due(&self, recorded: Option<TableVersion>) -> bool {
        self.complete(recorded).is_none() || self.has_many()
    }

    /// Whether its small segments are so many, or take so much to read first, that they should be merged.
    pub fn has_many(&self) -> bool {
        let is_small =
            |segment: &&SegmentRef| u64::from(segment.rows) <= SMALL && !segment.is_history();
        let small = || self.segments.iter().filter(is_small);
        let first: u64 = small().map(|segment| segment.first).sum();
        small().count() >= MANY || small().count() >= 2 && first > MUCH
    }

    /// The next segments to merge, which follow each other: the longest run of the last ones in which each is small, or has
    /// few times the rows of those after it. `None` if there is nothing to gain.
    pub fn to_merge(&self, most_bytes: u64) -> Option<&[SegmentRef]> {
        let searched = self
            .segments
            .iter()
            .position(|segment| !segment.is_history());
        let (history, current) = self
            .segments
            .split_at(searched.unwrap_or(self.segments.len()));
        [current, history].into_iter().find_map(|segments| {
            let run = run(segments, most_bytes);
            (run.len() >= 2).then_some(run)
        })
    }

    /// Their bytes.
    pub fn bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.size).sum()
    }
}

fn run(segments: &[SegmentRef], most_bytes: u64) -> &[SegmentRef] {
    let (mut rows, mut bytes, mut start) = (0u64, 0u64, segments.len());
    for (place, segment) in segments.iter().rev().enumerate() {
        let more = u64::from(segment.rows);
        let is_wanted = place == 0 || rows + more <= SMALL || more <= rows.saturating_mul(RATIO);
        if !is_wanted || bytes + segment.size > most_bytes {
            break;
        }
        rows += more;
        bytes += segment.size;
        start -= 1;
    }
    segments.get(start..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(number: u128, rows: u32, current: u32) -> SegmentRef {
        SegmentRef {
            name: Uuid::from_u128(number).into(),
            size: u64::from(rows) * 1000,
            first: 10,
            rows,
            current,
            tombstones: 0,
        }
    }

    fn at(version: u64) -> Option<TableVersion> {
        Some(TableVersion::new(0, version))
    }

    fn rows(segments: Option<&[SegmentRef]>) -> Vec<u32> {
        let rows = segments.unwrap_or_default().iter();
        rows.map(|segment| segment.rows).collect()
    }

    fn list(rows: &[u32]) -> SegmentList {
        let numbered = (1u128..).zip(rows);
        SegmentList {
            segments: numbered
                .map(|(number, rows)| segment(number, *rows, *rows))
                .collect(),
            since: None,
            until: at(9),
        }
    }

    #[test]
    fn each_publication_adds_to_a_complete_list() {
        let list = SegmentList::default();
        assert_eq!(list.complete(None), Some([].as_slice()));
        let list = list.next(None, at(1), Some(segment(1, 20, 20)));
        let list = list
            .next(at(1), at(3), Some(segment(2, 5, 5)))
            .next(at(3), at(7), None);
        assert_eq!(rows(list.complete(at(7))), [20, 5]);
        assert_eq!(list.complete(at(6)), None);
        assert_eq!(list.complete(None), None);
    }

    #[test]
    fn a_version_that_was_recorded_without_its_segment_makes_a_list_incomplete_until_there_is_a_base()
     {
        let list = SegmentList::default().next(None, at(1), Some(segment(1, 20, 20)));
        // Version 2 is of a release that knows no lists.
        let list = list.next(at(2), at(3), Some(segment(3, 5, 5)));
        assert_eq!(list.complete(at(3)), None);
        assert!(list.is_due(at(3)));
        assert_eq!(
            list.with_base(TableVersion::new(0, 1), vec![segment(4, 22, 22)]),
            None
        );
        let built_of = TableVersion::new(0, 2);
        let list = list.with_base(built_of, vec![segment(4, 22, 22)]).unwrap();
        assert_eq!(rows(list.complete(at(3))), [22, 5]);
    }

    #[test]
    fn a_list_that_nobody_shortens_starts_again() {
        let mut list = SegmentList::default();
        for version in 1..=600u64 {
            let before = if version == 1 { None } else { at(version - 1) };
            list = list.next(before, at(version), Some(segment(version.into(), 1, 1)));
            assert!(list.segments.len() <= MOST);
        }
        assert_eq!(list.complete(at(600)), None);
        assert_eq!(list.since, at(512));
    }

    #[test]
    fn merged_segments_take_the_place_of_theirs_and_the_past_goes_to_the_front() {
        let list = list(&[100, 20, 30, 7]);
        let name = |number: u128| SegmentName::from(Uuid::from_u128(number));
        let new = [segment(8, 15, 0), segment(9, 35, 35)];
        let merged = list
            .replace(&[name(2), name(3)], &new, Before::Rows)
            .unwrap();
        assert_eq!(rows(merged.complete(at(9))), [15, 100, 35, 7]);
        for missing in [
            &[name(2), name(4)][..],
            &[name(5)],
            &[],
            &[name(4), name(5)],
        ] {
            assert_eq!(list.replace(missing, &new, Before::Rows), None);
        }
        // What precedes them decides which tombstones are kept.
        assert_eq!(merged.before(name(8)), Before::Nothing);
        assert_eq!(merged.before(name(1)), Before::History);
        assert_eq!(merged.before(name(9)), Before::Rows);
        let first = |list: &SegmentList, before| list.replace(&[name(1)], &new[1..], before);
        assert!(first(&list, Before::Nothing).is_some());
        assert!(first(&merged, Before::Nothing).is_none());
        assert!(first(&merged, Before::History).is_some());
        // A base comes before all.
        let mut incomplete = list.clone();
        incomplete.since = at(1);
        assert!(first(&incomplete, Before::Nothing).is_none());
    }

    #[test]
    fn small_segments_are_merged_and_large_ones_when_enough_follows_them() {
        let most = u64::MAX;
        assert_eq!(rows(list(&[]).to_merge(most)), [0u32; 0]);
        assert_eq!(rows(list(&[20]).to_merge(most)), [0u32; 0]);
        assert_eq!(rows(list(&[5000, 20, 20]).to_merge(most)), [5000, 20, 20]);
        assert_eq!(rows(list(&[100_000, 20]).to_merge(most)), [0u32; 0]);
        assert_eq!(rows(list(&[100_000, 20, 30]).to_merge(most)), [20, 30]);
        let large = list(&[100_000, 20_000, 6_000, 20]);
        assert_eq!(rows(large.to_merge(most)), [100_000, 20_000, 6_000, 20]);
        assert_eq!(rows(large.to_merge(50_000_000)), [20_000, 6_000, 20]);
        assert_eq!(
            rows(list(&[20_000, 20_000]).to_merge(most)),
            [20_000, 20_000]
        );
        assert_eq!(rows(list(&[100, 20_000]).to_merge(most)), [100, 20_000]);
        let mut past = list(&[40, 50, 100_000]);
        past.segments[0].current = 0;
        past.segments[1].current = 0;
        assert_eq!(rows(past.to_merge(most)), [40, 50]);
    }

    #[test]
    fn maintenance_is_due_for_many_segments_and_for_much_to_read() {
        let due = |list: &SegmentList| list.is_due(at(9));
        assert!(!due(&list(&[100_000, 50_000, 20, 20])));
        assert!(!due(&list(&[20; 7])));
        assert!(due(&list(&[20; 8])));
        let mut flat = list(&[2_000, 2_000]);
        assert!(!due(&flat));
        for segment in &mut flat.segments {
            segment.first = 9 << 20;
        }
        assert!(due(&flat));
        flat.segments.pop();
        assert!(!due(&flat));
        assert!(flat.is_due(at(10)));
    }

    #[test]
    fn what_is_recorded_is_stable() {
        let name = "00000000-0000-0000-0000-000000000001";
        let one = serde_json::json!({"name": name, "size": 20000, "first": 10, "rows": 20, "current": 19, "tombstones": 0});
        let expected = serde_json::json!({"segments": [one], "since": null, "until": 3});
        let list = SegmentList::default().next(None, at(3), Some(segment(1, 20, 19)));
        assert_eq!(serde_json::to_value(&list).unwrap(), expected);
        assert_eq!(
            serde_json::from_value::<SegmentList>(expected).unwrap(),
            list
        );
        assert_eq!(SegmentName::parse(name), Some(Uuid::from_u128(1).into()));
        assert_eq!(SegmentName::parse("x"), None);
    }
}
