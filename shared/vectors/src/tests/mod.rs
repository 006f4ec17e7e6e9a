//! Tests against real Lance in a folder, with places where others are let in between two commits.

mod frozen;
mod maintain;
mod options;
mod search;
mod segments;
mod tables;
mod write;

use std::{
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use arrow_array::StringArray;
use chrono::Utc;
use dynrag_domain::{
    VersionNumber,
    chunks::Chunk,
    ids::{CustomerId, DocumentId},
    search::{Hit, Mode, Scores},
    segments::SegmentList,
    tables::TableVersion,
};
use futures::{TryStreamExt, future::BoxFuture};
use serde_json::json;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::{
    Change, Found, Location, Query, Recorded, Row, Vectors, recorded, rows, store::Moment,
};

type Intruder = Box<dyn FnOnce() -> BoxFuture<'static, ()> + Send>;

/// Hook between the steps of the code under test.
#[derive(Default)]
pub(crate) struct Hooks {
    intruders: Mutex<Vec<(Moment, Intruder)>>,
    blind: AtomicBool,
}

impl Hooks {
    /// Called by the code under test.
    pub(crate) async fn at(&self, moment: Moment) {
        let intruder = {
            let mut intruders = self.intruders.lock().unwrap();
            let next = intruders.iter().position(|(at, _)| *at == moment);
            next.map(|next| intruders.remove(next).1)
        };
        if let Some(intruder) = intruder {
            intruder().await;
        }
    }

    /// Whether version numbers are checked.
    pub(crate) fn verifies(&self) -> bool {
        !self.blind.load(Ordering::Relaxed)
    }

    /// Switches the defence off: the negative control.
    fn blind(&self) {
        self.blind.store(true, Ordering::Relaxed);
    }

    /// Lets something happen the next time the moment comes.
    fn once(&self, moment: Moment, intruder: impl Future<Output = ()> + Send + 'static) {
        let intruder: Intruder = Box::new(move || Box::pin(intruder));
        self.intruders.lock().unwrap().push((moment, intruder));
    }
}

const MEMORY: usize = 64 << 20;
const MODEL: &str = "test-embedding";
const DIMENSION: usize = 24;

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn vectors(folder: &TempDir, memory: usize) -> Arc<Vectors> {
    Arc::new(Vectors::new(
        Location::Local(folder.path().to_owned()),
        memory,
    ))
}

/// A customer's table with its segments, as Postgres records them.
#[derive(Clone, Default)]
struct Table {
    recorded: Recorded,
    segments: SegmentList,
}

impl Table {
    /// The table with a change.
    async fn with(&self, vectors: &Vectors, customer: CustomerId, change: &Change) -> Self {
        let stored = vectors
            .store(customer, self.recorded, change)
            .await
            .unwrap();
        let segment = vectors.write_segment(customer, change).await.unwrap();
        let list = self.segments.clone();
        Self {
            recorded: stored.version,
            segments: list.next(self.recorded, stored.version, segment),
        }
    }

    async fn search(
        &self,
        vectors: &Vectors,
        customer: CustomerId,
        q: &Query<'_>,
    ) -> crate::Result<Found> {
        let segments = self.segments.complete(self.recorded);
        assert!(segments.is_some());
        vectors.search(customer, self.recorded, segments, q).await
    }

    async fn scan(
        &self,
        vectors: &Vectors,
        customer: CustomerId,
        q: &Query<'_>,
    ) -> crate::Result<Found> {
        vectors.search(customer, self.recorded, None, q).await
    }

    /// What processes without anything in memory find by the segments and by a scan, which is the same.
    async fn find(&self, folder: &TempDir, customer: CustomerId, q: &Query<'_>) -> Vec<Hit> {
        let found = self
            .search(&vectors(folder, MEMORY), customer, q)
            .await
            .unwrap();
        let scanned = self
            .scan(&vectors(folder, MEMORY), customer, q)
            .await
            .unwrap();
        assert_same(&found, &scanned);
        found.hits
    }
}

/// Compares what was found; sums in another order may differ in their last digits.
fn assert_same(a: &Found, b: &Found) {
    let near = |a: Option<f32>, b: Option<f32>| match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-4 * a.abs().max(1.0),
        (a, b) => a == b,
    };
    let bare = |hit: &Hit| Hit {
        score: 0.0,
        scores: Scores::default(),
        ..hit.clone()
    };
    let bare_hits = |found: &Found| found.hits.iter().map(bare).collect::<Vec<_>>();
    assert_eq!(bare_hits(a), bare_hits(b));
    for (a, b) in a.hits.iter().zip(&b.hits) {
        assert!(near(Some(a.score), Some(b.score)), "{a:?} {b:?}");
        assert!(near(a.scores.vector, b.scores.vector), "{a:?} {b:?}");
        assert!(near(a.scores.text, b.scores.text), "{a:?} {b:?}");
    }
    let weights = |found: &Found| found.fusion.map(|fusion| fusion.vector_weight);
    assert!(
        near(weights(a), weights(b)),
        "{:?} {:?}",
        a.fusion,
        b.fusion
    );
}

fn query<'a>(vector: Option<&'a [f32]>, text: Option<&'a str>, mode: Mode) -> Query<'a> {
    Query {
        vector,
        text,
        mode,
        top_k: 10,
        ..Query::default()
    }
}

fn sha256(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

/// A stand-in for a model: the same text always gets the same direction.
fn embed(text: &str) -> Vec<f32> {
    let hash = Sha256::digest(text);
    (0..DIMENSION)
        .map(|i| f32::from(hash[i]) / 128.0 - 1.0)
        .collect()
}

fn number(version: i32) -> VersionNumber {
    VersionNumber::try_from(version).unwrap()
}

fn row(document: DocumentId, version: i32, index: u32, text: &str) -> Row {
    Row {
        document,
        version: number(version),
        title: format!("title of {document}").into(),
        metadata: Arc::new(json!({"year": 2020 + version}).into()),
        chunk: Chunk {
            index,
            text: text.to_owned(),
            text_hash: sha256(text),
            char_span: (index * 100, index * 100 + text.chars().count() as u32),
            page: (index > 0).then_some(index),
            heading_path: vec!["Part".into(), format!("Section {}", index / 4)],
            parent: None,
        },
        vector: embed(text),
        model: MODEL.into(),
        language: None,
        published_at: None,
    }
}

/// `chunks` rows of a version of a document.
fn document(document: DocumentId, version: i32, chunks: u32) -> Vec<Row> {
    (0..chunks)
        .map(|index| {
            let text = format!("chunk {index} of version {version} of {document}");
            row(document, version, index, &text)
        })
        .collect()
}

fn append(rows: Vec<Row>) -> Change {
    Change {
        append: rows,
        ..Change::none(Utc::now())
    }
}

fn replace(id: DocumentId, version: i32, chunks: u32) -> Change {
    Change {
        append: document(id, version, chunks),
        supersede: vec![(id, number(version))],
        ..Change::none(Utc::now())
    }
}

fn delete(documents: &[DocumentId]) -> Change {
    Change {
        delete: documents.to_vec(),
        ..Change::none(Utc::now())
    }
}

/// Chunk ids of a version as stored in the table, sorted, including duplicates.
async fn raw_ids(
    vectors: &Vectors,
    customer: CustomerId,
    recorded: Recorded,
    filter: Option<&str>,
) -> Vec<String> {
    let dataset = vectors.dataset(customer, recorded.unwrap()).await.unwrap();
    let mut scanner = dataset.scan();
    scanner.project(&["id"]).unwrap();
    if let Some(filter) = filter {
        scanner.filter(filter).unwrap();
    }
    let batches: Vec<_> = scanner
        .try_into_stream()
        .await
        .unwrap()
        .try_collect()
        .await
        .unwrap();
    let mut ids: Vec<String> = batches
        .iter()
        .flat_map(|batch| {
            let ids: &StringArray = rows::column(batch, "id").unwrap();
            ids.iter()
                .map(|id| id.unwrap().to_owned())
                .collect::<Vec<_>>()
        })
        .collect();
    ids.sort();
    ids
}

async fn live_ids(vectors: &Vectors, customer: CustomerId, recorded: Recorded) -> Vec<String> {
    raw_ids(vectors, customer, recorded, Some(rows::LIVE)).await
}

fn ids_of(rows: &[Row]) -> Vec<String> {
    let mut ids: Vec<String> = rows
        .iter()
        .map(|row| dynrag_domain::chunks::chunk_id(row.document, row.version, row.chunk.index))
        .collect();
    ids.sort();
    ids
}

/// The customer's first table as LanceDB gives it, at whatever is latest.
async fn raw_table(vectors: &Vectors, customer: CustomerId) -> lancedb::Table {
    let connection = vectors.connection(customer).await.unwrap();
    let table = connection.open_table(recorded::table(0)).execute().await;
    table.unwrap()
}

/// Commits rows to the latest version, like a writer that is unaware of others.
async fn smuggle(vectors: &Vectors, customer: CustomerId, rows: Vec<Row>) {
    let prepared = rows::prepare(&append(rows)).unwrap().unwrap();
    let table = raw_table(vectors, customer).await;
    table.add(prepared.batch).execute().await.unwrap();
}

/// Files below a folder that contain the bytes.
fn files_with(folder: &Path, canary: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_with(&path, canary));
        } else {
            let bytes = std::fs::read(&path).unwrap();
            if bytes.windows(canary.len()).any(|w| w == canary.as_bytes()) {
                found.push(path.display().to_string());
            }
        }
    }
    found
}

/// Number of files below a folder.
fn files(folder: &Path) -> usize {
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| if path.is_dir() { files(&path) } else { 1 })
        .sum()
}
