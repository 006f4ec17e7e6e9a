//! Tests of the crate as its users see it.

mod cached;
mod changes;
mod damage;
mod find;
mod large;
mod model;
mod ranks;

use std::{
    collections::HashMap,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use dynrag_domain::{
    VersionNumber,
    ids::{CustomerId, DocumentId},
};
pub(crate) use futures::executor::block_on;
use uuid::Uuid;

use crate::{
    Admit, At, Builder, Built, Cache, Everything, Options, Piece, Query, Ranges, Ranking,
    ReadError, Record, Result, Row, SegmentName, SegmentRef, Tombstone, rank,
};
use find::{Found, find};

/// Segments in memory, with a count of what is read.
#[derive(Default)]
pub(crate) struct Memory {
    objects: Mutex<HashMap<SegmentName, Bytes>>,
    rounds: AtomicU64,
    requests: AtomicU64,
    bytes: AtomicU64,
}

impl Ranges for Memory {
    async fn read(&self, _: CustomerId, wanted: &[Piece]) -> Result<Vec<Bytes>, ReadError> {
        self.rounds.fetch_add(1, Ordering::Relaxed);
        self.requests
            .fetch_add(wanted.len() as u64, Ordering::Relaxed);
        let objects = self.objects.lock().unwrap();
        wanted
            .iter()
            .map(|piece| {
                let object = objects
                    .get(&piece.segment)
                    .ok_or(ReadError::Missing(piece.segment))?;
                let end = (piece.range.end as usize).min(object.len());
                let bytes = object.slice((piece.range.start as usize).min(end)..end);
                self.bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
                Ok(bytes)
            })
            .collect()
    }
}

impl Memory {
    fn put(&self, built: Built, bytes: Vec<u8>) -> SegmentRef {
        assert_eq!(built.size, bytes.len() as u64);
        let name = SegmentName::generate();
        self.objects.lock().unwrap().insert(name, bytes.into());
        built.named(name)
    }

    fn get(&self, name: SegmentName) -> Vec<u8> {
        self.objects.lock().unwrap()[&name].to_vec()
    }

    fn replace(&self, name: SegmentName, bytes: Vec<u8>) {
        self.objects.lock().unwrap().insert(name, bytes.into());
    }

    /// Rounds, requests and bytes since the last call.
    fn counts(&self) -> (u64, u64, u64) {
        let take = |count: &AtomicU64| count.swap(0, Ordering::Relaxed);
        (take(&self.rounds), take(&self.requests), take(&self.bytes))
    }
}

/// A row that owns what it says.
#[derive(Clone, Debug)]
pub(crate) struct Owned {
    document: DocumentId,
    version: VersionNumber,
    published_at: DateTime<Utc>,
    superseded_at: Option<DateTime<Utc>>,
    index: u32,
    page: Option<u32>,
    parent: Option<u32>,
    language: Option<String>,
    title: String,
    heading_path: Vec<String>,
    text: String,
    vector: Vec<f32>,
}

pub(crate) fn document(number: u128) -> DocumentId {
    Uuid::from_u128(number).into()
}

pub(crate) fn version(number: i32) -> VersionNumber {
    number.try_into().unwrap()
}

pub(crate) fn second(number: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000 + number, 0).unwrap()
}

impl Owned {
    pub(crate) fn new(of: u128, index: u32, text: &str, vector: &[f32]) -> Self {
        Self {
            document: document(of),
            version: version(1),
            published_at: second(0),
            superseded_at: None,
            index,
            page: None,
            parent: None,
            language: None,
            title: String::new(),
            heading_path: Vec::new(),
            text: text.to_owned(),
            vector: vector.to_vec(),
        }
    }

    pub(crate) fn row(&self) -> Row<'_> {
        Row {
            document: self.document,
            version: self.version,
            published_at: self.published_at,
            superseded_at: self.superseded_at,
            index: self.index,
            page: self.page,
            parent: self.parent,
            char_span: (self.index * 10, self.index * 10 + 9),
            language: self.language.as_deref(),
            title: &self.title,
            heading_path: &self.heading_path,
            text: &self.text,
            text_hash: "hash",
            metadata: r#"{"a":1}"#,
            vector: &self.vector,
        }
    }
}

pub(crate) fn build(
    rows: &[Owned],
    tombstones: &[Tombstone],
    options: Options,
) -> (Built, Vec<u8>) {
    let mut builder = Builder::new(options);
    for row in rows {
        builder.push(&row.row(), "model").unwrap();
    }
    for tombstone in tombstones {
        builder.bury(*tombstone);
    }
    let mut bytes = Vec::new();
    let built = builder.finish(&mut bytes).unwrap();
    (built, bytes)
}

/// Segments of one customer, with a cache.
pub(crate) struct Shelf {
    memory: Memory,
    cache: Cache,
    customer: CustomerId,
    segments: Vec<SegmentRef>,
}

impl Shelf {
    pub(crate) fn new(budget: usize) -> Self {
        Self {
            memory: Memory::default(),
            cache: Cache::new(budget),
            customer: CustomerId::generate(),
            segments: Vec::new(),
        }
    }

    pub(crate) fn of(rows: &[Owned]) -> Self {
        let mut shelf = Self::new(1 << 30);
        shelf.publish(rows, &[]);
        shelf
    }

    pub(crate) fn publish(&mut self, rows: &[Owned], tombstones: &[Tombstone]) {
        let (built, bytes) = build(rows, tombstones, Options::default());
        self.segments.push(self.memory.put(built, bytes));
    }

    pub(crate) fn search_with(
        &self,
        query: &Query<'_>,
        admit: &dyn Admit,
        at: At,
    ) -> Result<Vec<Found>> {
        block_on(find(
            &self.cache,
            &self.memory,
            self.customer,
            &self.segments,
            query,
            admit,
            at,
        ))
    }

    pub(crate) fn search(&self, query: &Query<'_>) -> Vec<Found> {
        self.search_with(query, &Everything, At::Now).unwrap()
    }

    pub(crate) fn rank(&self, query: &Query<'_>) -> Ranking {
        block_on(rank(
            &self.cache,
            &self.memory,
            self.customer,
            &self.segments,
            query,
            &Everything,
            At::Now,
        ))
        .unwrap()
    }
}

pub(crate) fn by_text(text: &str) -> Query<'_> {
    Query {
        text: Some(text),
        ..Query::default()
    }
}

pub(crate) fn by_vector(vector: &[f32]) -> Query<'_> {
    Query {
        vector: Some(vector),
        ..Query::default()
    }
}

/// Texts of what was found.
pub(crate) fn texts(found: &[Found]) -> Vec<&str> {
    found
        .iter()
        .map(|found| found.record.text.as_str())
        .collect()
}

/// Numbers between -1 and 1.
pub(crate) fn noise(seed: u64, count: usize) -> Vec<f32> {
    let mut random = crate::vectors::rotation::Random(seed);
    (0..count)
        .map(|_| random.below(2001) as f32 / 1000.0 - 1.0)
        .collect()
}

#[test]
fn a_row_comes_back_as_it_was() {
    let mut row = Owned::new(7, 3, "Ein Text mit 🫖 und עברית", &[1.0, -2.0, 0.5]);
    row.page = Some(0);
    row.parent = Some(4);
    row.language = Some("de".to_owned());
    row.title = "Tëa".to_owned();
    row.heading_path = vec![String::new(), "二".to_owned()];
    let shelf = Shelf::of(&[Owned::new(8, 0, "", &[0.0, 1.0, 0.0]), row.clone()]);
    let found = shelf.search(&Query {
        vector: Some(&[1.0, -2.0, 0.5]),
        text: Some("teas"),
        ..Query::default()
    });
    assert_eq!(
        found[0].record,
        Record {
            document: row.document,
            version: row.version,
            published_at: row.published_at,
            index: 3,
            page: Some(0),
            parent: Some(4),
            char_span: (30, 39),
            language: Some("de".to_owned()),
            title: row.title.clone(),
            heading_path: row.heading_path.clone(),
            text: row.text.clone(),
            text_hash: "hash".to_owned(),
            metadata: r#"{"a":1}"#.to_owned(),
        }
    );
    assert!((found[0].cosine.unwrap() - 1.0).abs() < 1e-6);
    assert_eq!(
        (found[0].rank_vector, found[1].rank_vector),
        (Some(1), Some(2))
    );
    assert_eq!(found[1].bm25, Some(0.0));
    assert_eq!(found[1].rank_text, None);
    let vector = &found[0].vector;
    assert!((vector[1] / vector[0] + 2.0).abs() < 1e-6);
}

#[test]
fn empty_things_are_found_nowhere() {
    assert!(Shelf::new(0).search(&by_text("word")).is_empty());
    let mut shelf = Shelf::of(&[]);
    shelf.publish(
        &[],
        &[Tombstone::Delete {
            document: document(1),
        }],
    );
    assert!(shelf.search(&by_vector(&[1.0, 2.0])).is_empty());
    shelf.publish(&[Owned::new(1, 0, "word", &[1.0])], &[]);
    assert!(shelf.search(&by_text("")).is_empty());
    assert!(shelf.search(&by_text("?! 🫖")).is_empty());
    assert!(shelf.search(&Query::default()).is_empty());
    let nothing = Query {
        depth: 0,
        ..by_vector(&[1.0])
    };
    assert!(shelf.search(&nothing).is_empty());
    let all = Query {
        depth: usize::MAX,
        ..by_text("word")
    };
    assert_eq!(shelf.search(&all).len(), 1);
    assert_eq!(shelf.search(&by_text("WORDS word")).len(), 1);
}

#[test]
fn vectors_that_do_not_fit_are_refused() {
    let shelf = Shelf::of(&[Owned::new(1, 0, "word", &[1.0, 0.0])]);
    let search = |vector: &[f32]| shelf.search_with(&by_vector(vector), &Everything, At::Now);
    assert!(matches!(
        search(&[1.0]),
        Err(crate::Error::Dimension {
            stored: 2,
            given: 1
        })
    ));
    assert!(matches!(search(&[0.0, 0.0]), Err(crate::Error::Invalid(_))));
    assert!(matches!(
        search(&[f32::NAN, 0.0]),
        Err(crate::Error::Invalid(_))
    ));
    let mut builder = Builder::default();
    builder
        .push(&Owned::new(1, 0, "", &[1.0, 0.0]).row(), "model")
        .unwrap();
    let other = Owned::new(1, 1, "", &[1.0]);
    assert!(matches!(
        builder.push(&other.row(), "model"),
        Err(crate::Error::Dimension { .. })
    ));
    let same = Owned::new(1, 1, "", &[1.0, 1.0]);
    assert!(matches!(
        builder.push(&same.row(), "other"),
        Err(crate::Error::Model { .. })
    ));
    let none = Owned::new(1, 1, "", &[0.0, 0.0]);
    assert!(matches!(
        builder.push(&none.row(), "model"),
        Err(crate::Error::Invalid(_))
    ));
}

#[test]
fn titles_and_headings_are_matched_if_the_builder_is_told_so() {
    let mut row = Owned::new(1, 0, "body", &[1.0]);
    row.title = "kettle".to_owned();
    row.heading_path = vec!["descaling".to_owned()];
    for (context, found) in [(true, 1), (false, 0)] {
        let mut shelf = Shelf::new(1 << 20);
        let options = Options {
            context,
            ..Options::default()
        };
        let (built, bytes) = build(std::slice::from_ref(&row), &[], options);
        shelf.segments.push(shelf.memory.put(built, bytes));
        assert_eq!(shelf.search(&by_text("kettle")).len(), found);
        assert_eq!(shelf.search(&by_text("descaling")).len(), found);
        assert_eq!(shelf.search(&by_text("body")).len(), 1);
    }
}
